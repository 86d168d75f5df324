#!/usr/bin/env python3
"""Writes convolution.json: convolutions and pooling with their gradients, by PyTorch in float64.

    pip install torch numpy
    python make_convolution_fixtures.py
"""

import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
generator = numpy.random.default_rng(6)
cases = []


def draw(*shape, low=-2.0, high=2.0):
    return torch.tensor(numpy.round(generator.uniform(low, high, shape), 2), dtype=torch.float64)


def pack(tensor):
    values = [float(f"{v:.15g}") for v in tensor.detach().reshape(-1).tolist()]
    return {"shape": list(tensor.shape), "values": values}


def case(function, inputs, **options):
    for x in inputs:
        x.requires_grad_()
    value = getattr(F, function)(*inputs, **options)
    cotangent = draw(*value.shape, low=0.5, high=1.5)
    (value * cotangent).sum().backward()
    as_lists = {k: list(v) if isinstance(v, tuple) else [int(v)] for k, v in options.items()}
    cases.append({
        "function": function, "options": as_lists, "inputs": [pack(x) for x in inputs],
        "value": pack(value), "cotangent": pack(cotangent),
        "gradients": [pack(x.grad) for x in inputs],
    })


for stride in [(1, 1), (2, 1), (3, 2)]:
    for padding in [(0, 0), (1, 2)]:
        for dilation in [(1, 1), (2, 1)]:
            for groups in [1, 2]:
                inputs = [draw(2, 2 * groups, 7, 6), draw(2 * groups, 2, 3, 2), draw(2 * groups)]
                case("conv2d", inputs, stride=stride, padding=padding, dilation=dilation, groups=groups)
case("conv2d", [draw(17, 3, 9, 8), draw(4, 3, 3, 3), draw(4)], padding=(1, 1))
for stride, output_padding in [((1, 1), (0, 0)), ((2, 3), (1, 2)), ((2, 2), (0, 1))]:
    for groups in [1, 2]:
        inputs = [draw(2, 2 * groups, 3, 4), draw(2 * groups, 2, 3, 2), draw(2 * groups)]
        case("conv_transpose2d", inputs, stride=stride, padding=(1, 0), output_padding=output_padding,
             groups=groups)
for kernel, stride, padding in [((2, 2), (2, 2), (0, 0)), ((3, 2), (2, 1), (1, 0)), ((3, 3), (1, 2), (1, 1))]:
    case("max_pool2d", [draw(2, 3, 7, 8)], kernel_size=kernel, stride=stride, padding=padding)
    for counts in [True, False]:
        case("avg_pool2d", [draw(2, 3, 7, 8)], kernel_size=kernel, stride=stride, padding=padding,
             count_include_pad=counts)
for size in [(1, 1), (3, 2), (5, 5)]:
    case("adaptive_avg_pool2d", [draw(2, 2, 7, 5)], output_size=size)
# Those that are computed by tiles.
case("conv2d", [draw(3, 9, 7, 6), draw(10, 9, 3, 3), draw(10)], padding=(1, 1))
case("conv2d", [draw(2, 16, 6, 9), draw(16, 8, 3, 3), draw(16)], padding=(0, 2), groups=2)

text = json.dumps(cases, separators=(",", ":")).replace("},{\"function", "},\n{\"function")
(pathlib.Path(__file__).parent / "convolution.json").write_text(text + "\n")
print(len(cases), "cases")
