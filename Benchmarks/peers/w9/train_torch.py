"""W9 in PyTorch, eager: tensors in memory, a shuffled index, the fused optimizer."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from common import mnist

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1)
x, labels, x_test, labels_test = (torch.from_numpy(array) for array in mnist())
model = nn.Sequential(
    nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
for rows in torch.randperm(len(x))[: 468 * 128].split(128):
    optimizer.zero_grad()
    F.cross_entropy(model(x.index_select(0, rows)), labels.index_select(0, rows)).backward()
    optimizer.step()
with torch.inference_mode():
    print("accuracy", 100 * (model(x_test).argmax(1) == labels_test).float().mean().item())
