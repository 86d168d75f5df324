"""Keras on TensorFlow. A step (model, tape, optimizer) as a function; variants: tf.function and
tf.function-jit (compiled by XLA)."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from common import SEED, THREADS, W4, init_uniform, main, measure_large_step, wanted

import keras
import numpy as np
import tensorflow as tf
from keras import layers

tf.config.threading.set_intra_op_parallelism_threads(THREADS)
tf.config.threading.set_inter_op_parallelism_threads(max(1, THREADS))
PEER = "keras-tf"
VERSION = f"{keras.__version__}/tf{tf.__version__}"


def mlp(sizes):
    """ReLU between the layers."""
    model = keras.Sequential([layers.Input((sizes[0],))])
    for i, size in enumerate(sizes[1:]):
        model.add(layers.Dense(size, "relu" if i < len(sizes) - 2 else None))
    model.set_weights([array for layer in init_uniform(sizes) for array in layer])
    return model


def w4():
    generator = np.random.default_rng(SEED)
    x = tf.constant(generator.standard_normal((512, 1024)).astype(np.float32))
    y = tf.constant(generator.standard_normal((512, 1024)).astype(np.float32))
    loss_of = keras.losses.MeanSquaredError()
    for variant, jit in (("tf.function", False), ("tf.function-jit", True)):
        if not wanted(variant):
            continue
        model = mlp(W4)
        optimizer = keras.optimizers.SGD(0.01)
        optimizer.build(model.trainable_variables)

        @tf.function(jit_compile=jit)
        def train(x, y):
            with tf.GradientTape() as tape:
                loss = loss_of(y, model(x, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            return loss

        last = None

        def step():
            nonlocal last
            last = train(x, y)

        measure_large_step(PEER, variant, step, lambda: last.numpy(), version=VERSION)


if __name__ == "__main__":
    main(PEER, {"W4": w4})
