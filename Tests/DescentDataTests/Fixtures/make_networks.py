"""Makes the fixtures of NamedNetworkTests and PretrainedWeightsTests with torchvision and safetensors.

    python make_networks.py            writes networks.json and tiny.safetensors beside this script
    python make_networks.py FOLDER     writes whole networks with random weights, an input and PyTorch's
                                       output to FOLDER, for DESCENT_NETWORKS=FOLDER swift test …

networks.json has every parameter and buffer of torchvision's networks by name and shape, in order.
tiny.safetensors is a state dict as PyTorch users write it, with the input and the output beside it.
"""

import json
import pathlib
import sys

import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).parent
NAMES = {
    "alexnet": "alexnet", "vgg11": "vgg11", "vgg13": "vgg13", "vgg16": "vgg16",
    "resnet18": "resnet18", "resnet34": "resnet34", "resnet50": "resnet50",
    "mobilenetv2": "mobilenet_v2",
}


def shapes():
    networks = {}
    with torch.device("meta"):
        for name, torchs in NAMES.items():
            network = getattr(torchvision.models, torchs)()
            parameters = {n for n, _ in network.named_parameters()}
            networks[name] = {
                "count": sum(p.numel() for p in network.parameters()),
                "parameters": [
                    {"name": n, "shape": list(t.shape)}
                    for n, t in network.state_dict().items() if n in parameters
                ],
                "buffers": [
                    {"name": n, "shape": list(t.shape)}
                    for n, t in network.state_dict().items() if n not in parameters
                ],
            }
    lines = [f"{json.dumps(name)}: {json.dumps(network)}" for name, network in networks.items()]
    (HERE / "networks.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def scatter(network):
    """Running statistics and gains that are not 0 and 1, so that mixing them up is seen."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)


def store(network, x, path):
    network.eval()
    scatter(network)
    with torch.no_grad():
        y = network(x)
    tensors = {n: t.contiguous() for n, t in network.state_dict().items()}
    save_file(tensors | {"check.input": x, "check.output": y}, path, metadata={"format": "pt"})
    return y


def tiny():
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU6(),
        nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, stride=2, groups=4, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(16, 3))
    store(network, torch.randn(2, 2, 8, 8), HERE / "tiny.safetensors")


def whole(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ["resnet18", "mobilenetv2", "resnet50", "alexnet"]:
        torch.manual_seed(2)
        network = getattr(torchvision.models, NAMES[name])(num_classes=10)
        y = store(network, torch.randn(2, 3, 64, 64), folder / f"{name}.safetensors")
        print(name, "outputs up to", float(y.abs().max()))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        whole(pathlib.Path(sys.argv[1]))
    else:
        shapes()
        tiny()
