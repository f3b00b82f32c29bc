"""How a classifier decides: as much balance between the classes as a wanted accuracy leaves room for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn import metrics

_WEIGHTS = np.linspace(0, 1, 101)
_TOLD = 20  # every so many of the weights are named in the sentence
_BOUNDS = ((-3, 3), (-1, 2))  # of the log temperature and of the part of the log frequencies


class Decision(NamedTuple):
    """What to add to the logits, and with how much weight on balance that was found."""

    shift: NDArray[np.float32]  # (K,), 0 on average
    weight: float  # in [0, 1]
    balanced_accuracy: float
    sentence: str


def fit_decision(
    logits: NDArray[np.float32], truth: NDArray[np.int64], frequency: NDArray[np.float64], accuracy: float
) -> Decision:
    """The most balanced decision among the accurate ones.

    The argmax of p · (1 − w + w / (K · frequency)) has the highest expected (1 − w) · accuracy + w · balanced accuracy,
    where p are true probabilities (Menon et al. 2013, "On the statistical consistency of algorithms for binary
    classification under class imbalance"; Narasimhan et al. 2015 for more classes). p is taken from the logits with a
    temperature and a part of the log frequencies (Menon et al. 2021, eq. 9) that fit ``truth`` best, because
    training has balanced them.

    Args:
        logits: (N, K) of held-out pictures.
        truth: (N,) class numbers.
        frequency: (K,) of the classes, all above 0.
        accuracy: wanted on these pictures. The largest w that has it is taken, or that of the most accurate decision.
    """
    log_temperature, part = minimize(
        _negative_log_likelihood, x0=(0, 0), args=(logits, truth, np.log(frequency)), bounds=_BOUNDS
    ).x
    shifts = [part * np.log(frequency) + np.exp(log_temperature) * _value(frequency, weight) for weight in _WEIGHTS]
    guesses = [(logits + shift).argmax(axis=1) for shift in shifts]
    accuracies = np.array([metrics.accuracy_score(truth, guess) for guess in guesses])
    wanted = min(accuracy, accuracies.max())
    best = int(np.flatnonzero(accuracies >= wanted)[-1])
    told = sorted({*range(0, len(_WEIGHTS), _TOLD), best})
    balanced = {i: float(metrics.balanced_accuracy_score(truth, guesses[i])) for i in told}
    tried = ", ".join(f"{_WEIGHTS[i]:.2f}: {accuracies[i]:.3f} / {balanced[i]:.3f}" for i in told)
    sentence = (
        f"Weight on balanced accuracy, against accuracy, in the decision: {_WEIGHTS[best]:.2f}, the largest with an "
        f"accuracy of {wanted:.2f} on val. Accuracy / balanced accuracy there: {tried}."
    )
    centred = shifts[best] - shifts[best].mean()
    return Decision(centred.astype(np.float32), float(_WEIGHTS[best]), balanced[best], sentence)


def _value(frequency: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """The log of what a right answer is worth, (K,)."""
    return np.log(1 - weight + weight / (len(frequency) * frequency))


def _negative_log_likelihood(
    parameters: tuple[float, float],
    logits: NDArray[np.float32],
    truth: NDArray[np.int64],
    log_frequency: NDArray[np.float64],
) -> float:
    log_temperature, part = parameters
    log_probability = log_softmax((logits + part * log_frequency) / np.exp(log_temperature), axis=1)
    return float(-log_probability[np.arange(len(truth)), truth].mean())
