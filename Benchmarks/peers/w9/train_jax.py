"""W9 in JAX: a jitted step, or with the argument "scan" a jitted epoch."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from common import W2, init_uniform, mnist

import jax
import jax.numpy as jnp
import numpy as np

x, labels, x_test, labels_test = mnist()
x, labels = jnp.asarray(x), jnp.asarray(labels.astype(np.int32))
p = jax.tree.map(jnp.asarray, init_uniform(W2))


def network(p, x):
    for weights, biases in p[:-1]:
        x = jax.nn.relu(x @ weights + biases)
    weights, biases = p[-1]
    return x @ weights + biases


def loss(p, x, labels):
    scores = jax.nn.log_softmax(network(p, x))
    return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], 1))


def step(carry, x, labels, rows):
    p, m, v, t = carry
    g = jax.grad(loss)(p, x[rows], labels[rows])
    t = t + 1
    m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
    v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)

    def moved(a, m, v):
        return a - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)

    return jax.tree.map(moved, p, m, v), m, v, t


def zeros():
    return jax.tree.map(jnp.zeros_like, p)


order = np.random.default_rng(1).permutation(60000)[: 468 * 128].reshape(468, 128)
order = jnp.asarray(order.astype(np.int32))
carry = (p, zeros(), zeros(), jnp.zeros(()))
if "scan" in sys.argv:

    def epoch(carry, x, labels, order):
        def body(carry, rows):
            return step(carry, x, labels, rows), None

        return jax.lax.scan(body, carry, order)[0]

    carry = jax.jit(epoch)(carry, x, labels, order)
else:

    def indexed_step(carry, x, labels, order, i):
        return step(carry, x, labels, order[i])

    jitted = jax.jit(indexed_step, donate_argnums=0)
    for i in range(468):
        carry = jitted(carry, x, labels, order, i)
print("accuracy", 100 * float(jnp.mean(jnp.argmax(network(carry[0], x_test), 1) == labels_test)))
