"""W9 by hand in NumPy: minibatches as matrices, Adam in place."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from common import W2, init_uniform, mnist

import numpy as np

x_train, labels_train, x_test, labels_test = mnist()
p = [array for layer in init_uniform(W2) for array in layer]
first_moments = [np.zeros_like(a) for a in p]
second_moments = [np.zeros_like(a) for a in p]
scratch = [np.empty_like(a) for a in p]
order = np.random.default_rng(1).permutation(60000)
f = np.float32  # a plain number would make doubles of the arrays it meets

for t in range(1, 469):
    rows = order[(t - 1) * 128 : t * 128]
    x, labels = x_train[rows], labels_train[rows]
    h1 = np.maximum(x @ p[0] + p[1], 0)
    h2 = np.maximum(h1 @ p[2] + p[3], 0)
    logits = h2 @ p[4] + p[5]
    logits -= logits.max(1, keepdims=True)
    powers = np.exp(logits)
    d3 = powers / powers.sum(1, keepdims=True)
    d3[np.arange(128), labels] -= 1
    d3 /= f(128)
    d2 = (d3 @ p[4].T) * (h2 > 0)
    d1 = (d2 @ p[2].T) * (h1 > 0)
    gradients = [x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)]
    rate = f(1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t))
    for w, m, v, g, q in zip(p, first_moments, second_moments, gradients, scratch):
        m *= f(0.9)
        np.multiply(g, f(0.1), out=q)
        m += q
        v *= f(0.999)
        g *= g
        g *= f(0.001)
        v += g
        np.sqrt(v, out=q)
        q += f(1e-8)
        np.divide(m, q, out=q)
        q *= rate
        w -= q

h1 = np.maximum(x_test @ p[0] + p[1], 0)
h2 = np.maximum(h1 @ p[2] + p[3], 0)
print("accuracy", 100 * np.mean((h2 @ p[4] + p[5]).argmax(1) == labels_test))
