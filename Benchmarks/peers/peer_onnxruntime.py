"""ONNX Runtime: inference of W2's network, built with onnx.helper. Variant: run."""
from common import SEED, THREADS, W2, init_uniform, main, measure_inference

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def model():
    """Three Gemm with bias, Relu between them."""
    layers = init_uniform(W2)
    nodes, weights, name = [], [], "x"
    for i, (weight, bias) in enumerate(layers):
        last = i == len(layers) - 1
        weights.append(numpy_helper.from_array(weight, f"w{i}"))
        weights.append(numpy_helper.from_array(bias, f"b{i}"))
        output = "y" if last else f"z{i}"
        nodes.append(helper.make_node("Gemm", [name, f"w{i}", f"b{i}"], [output]))
        if not last:
            name = f"a{i}"
            nodes.append(helper.make_node("Relu", [output], [name]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 784])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])
    graph = helper.make_graph(nodes, "mlp", [x], [y], weights)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def w7():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model(), options, providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(SEED)
    one = generator.random((1, 784), np.float32)
    many = generator.random((1024, 784), np.float32)
    measure_inference(
        "onnxruntime", "run", lambda: session.run(None, {"x": one}),
        lambda: session.run(None, {"x": many}), version=onnxruntime.__version__)


if __name__ == "__main__":
    main("onnxruntime", {"W7": w7})
