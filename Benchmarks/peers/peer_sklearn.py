"""scikit-learn's MLPClassifier. Variant: partial_fit (one call an epoch)."""
import warnings

from common import SEED, W2, main, measure_training, mnist  # first: it sets the threads

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
PEER = "sklearn"


def w2():
    x, labels, x_test, labels_test = mnist()
    classes = np.arange(10)

    def fresh():
        return MLPClassifier(
            hidden_layer_sizes=W2[1:-1], activation="relu", solver="adam", batch_size=128,
            learning_rate_init=1e-3, alpha=0.0, random_state=SEED, shuffle=True)

    fresh().partial_fit(x[:1000], labels[:1000], classes=classes)
    model = fresh()
    measure_training(
        PEER, "W2", "partial_fit",
        epoch=lambda: model.partial_fit(x, labels, classes=classes),
        accuracy=lambda: 100.0 * model.score(x_test, labels_test),
        version=sklearn.__version__)


if __name__ == "__main__":
    main(PEER, {"W2": w2})
