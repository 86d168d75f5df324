"""Keras on TensorFlow. W4 and W10: a step (model, tape, optimizer) as a function; variants: tf.function
and tf.function-jit (compiled by XLA). W6: Model.fit; variants: fit and fit-spe50 (50 steps an
execution)."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from common import (
    EPOCHS,
    SEED,
    THREADS,
    W4,
    channels_last,
    emit,
    init_uniform,
    main,
    measure_large_step,
    mnist,
    now,
    padded,
    time_steps,
    wanted,
)

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
    measured_steps(
        lambda: mlp(W4), keras.losses.MeanSquaredError(), lambda: keras.optimizers.SGD(0.01), x, y,
        lambda variant, step, sync: measure_large_step(PEER, variant, step, sync, version=VERSION))


def measured_steps(make_model, loss_of, make_optimizer, x, y, measure):
    """Always on the same batch."""
    for variant, jit in (("tf.function", False), ("tf.function-jit", True)):
        if not wanted(variant):
            continue
        model = make_model()
        optimizer = make_optimizer()
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

        measure(variant, step, lambda: last.numpy())


class EpochTimes(keras.callbacks.Callback):
    """Seconds of each epoch, and the accuracy after the first and the third."""

    def __init__(self, x, labels):
        super().__init__()
        self.x, self.labels = x, labels
        self.times, self.accuracies = [], {}

    def on_epoch_begin(self, epoch, logs=None):
        self.start = now()

    def on_epoch_end(self, epoch, logs=None):
        self.times.append(now() - self.start)
        if epoch in (0, 2):
            guesses = np.concatenate([
                np.argmax(self.model(part, training=False).numpy(), 1)
                for part in np.array_split(self.x, 10)])
            self.accuracies[epoch + 1] = 100 * float(np.mean(guesses == self.labels))


def w6():
    x, labels, x_test, labels_test = mnist()
    x, x_test = channels_last(padded(x)), channels_last(padded(x_test))
    used = len(x) // 64 * 64
    for variant, steps in (("fit", 1), ("fit-spe50", 50)):
        if not wanted(variant):
            continue
        keras.utils.set_random_seed(SEED)
        model = keras.Sequential([
            layers.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="relu"), layers.MaxPool2D(),
            layers.Conv2D(16, 5, activation="relu"), layers.MaxPool2D(),
            layers.Conv2D(120, 5, activation="relu"), layers.Flatten(),
            layers.Dense(84, "relu"), layers.Dense(10)])
        model.compile(
            keras.optimizers.Adam(1e-3, epsilon=1e-8),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            steps_per_execution=steps)
        start = model.get_weights()
        model.fit(x[:6400], labels[:6400], batch_size=64, epochs=1, verbose=0)
        model.set_weights(start)
        for variable in model.optimizer.variables:
            if "learning_rate" not in variable.path:
                variable.assign(np.zeros(variable.shape, variable.dtype))
        clock = EpochTimes(x_test, labels_test)
        model.fit(
            x[:used], labels[:used], batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[clock])
        emit(PEER, "W6", variant, "s/epoch", clock.times, version=VERSION)
        for epoch, value in clock.accuracies.items():
            emit(PEER, "W6", variant, f"test_acc_after_{epoch}", [value])


def w10():
    generator = np.random.default_rng(SEED)
    x = tf.constant(generator.standard_normal((64, 32, 32, 3)).astype(np.float32))
    labels = tf.constant(generator.integers(0, 10, 64))

    def block(filters):
        convolution = layers.Conv2D(filters, 3, padding="same")
        return [convolution, layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU()]

    def model():
        keras.utils.set_random_seed(SEED)
        return keras.Sequential([
            layers.Input((32, 32, 3)), *block(32), *block(32), layers.MaxPool2D(),
            *block(64), *block(64), layers.MaxPool2D(),
            layers.GlobalAveragePooling2D(), layers.Dense(10)])

    def measure(variant, step, sync):
        times = time_steps(step, sync, target=2.0)
        emit(PEER, "W10", variant, "ms/step", [1e3 * t for t in times], version=VERSION)

    measured_steps(
        model, keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        lambda: keras.optimizers.SGD(0.01, momentum=0.9), x, labels, measure)


if __name__ == "__main__":
    main(PEER, {"W4": w4, "W6": w6, "W10": w10})
