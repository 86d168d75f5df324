"""W9 in scikit-learn."""
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from common import mnist

from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
x, labels, x_test, labels_test = mnist()
model = MLPClassifier(
    (512, 512), batch_size=128, learning_rate_init=1e-3, alpha=0.0, max_iter=1, random_state=1)
model.fit(x, labels)
print("accuracy", 100 * model.score(x_test, labels_test))
