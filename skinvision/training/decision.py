"""How a classifier decides: with as much weight on balance between the classes as a wanted accuracy leaves room for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import log_softmax
from sklearn import metrics
from sklearn.utils.class_weight import compute_sample_weight

_WEIGHTS = np.linspace(0, 1, 101)
_TOLD = 20  # every so many of the weights are named in the sentence
_SLACK = 0.01  # about one standard error of an accuracy on a thousand pictures
_BOUNDS = ((-3, 3), (-2, 2))  # of the log temperature and of the part of the log frequencies


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What to add to the logits, and how it decides then.

    Attributes:
        shift: (K,), 0 on average.
        weight: on balanced accuracy, against accuracy, in [0, 1].
        accuracy: on the pictures that it was fitted to.
        balanced_accuracy: there too, over the classes that are present.
        sentence: about the choice, for the card.
    """

    shift: NDArray[np.float32]
    weight: float
    accuracy: float
    balanced_accuracy: float
    sentence: str


def fit_decision(
    logits: NDArray[np.float32],
    truth: NDArray[np.int64],
    frequency: NDArray[np.float64],
    accuracy: float,
    before: float = 0.0,
) -> Decision:
    """The decision with the largest weight on balance that keeps the accuracy.

    The argmax of p · (1 − w + w / (K · frequency)) has the highest expected (1 − w) · accuracy + w · balanced accuracy,
    where p are true probabilities (Menon et al. 2013, "On the statistical consistency of algorithms for binary
    classification under class imbalance"; Narasimhan et al. 2015 for more classes). p is taken from the logits with a
    temperature and a part of the log frequencies (Menon et al. 2021, eq. 9) that fit ``truth`` best, because
    training has balanced them.

    Args:
        logits: (N, K) of held-out pictures.
        truth: (N,) class numbers.
        frequency: (K,) of the classes, all above 0.
        accuracy: wanted on these pictures. The largest w that has it is taken; where none has, or hardly, the largest
            that costs at most 0.01 of the highest accuracy.
        before: the weight of an earlier decision, whose shift the logits hold already. It is taken out of p.
    """
    log_temperature, part = _fit(logits, truth, np.log(frequency), np.ones(len(truth)), _value(frequency, before)).x
    unweighted = part * np.log(frequency) - _value(frequency, before)
    shifts = [np.exp(log_temperature) * (unweighted + _value(frequency, w)) for w in _WEIGHTS]
    guesses = [(logits + shift).argmax(axis=1) for shift in shifts]
    accuracies = np.array([metrics.accuracy_score(truth, guess) for guess in guesses])
    enough = min(accuracy, accuracies.max() - _SLACK)
    best = int(np.flatnonzero(accuracies >= enough)[-1])
    told = sorted({*range(0, len(_WEIGHTS), _TOLD), best})
    present = np.unique(truth)
    balanced = {i: float(metrics.recall_score(truth, guesses[i], labels=present, average="macro")) for i in told}
    tried = ", ".join(f"{_WEIGHTS[i]:.2f}: {accuracies[i]:.3f} / {balanced[i]:.3f}" for i in told)
    sentence = (
        f"Weight on balanced accuracy, against accuracy, in the decision: {_WEIGHTS[best]:.2f}, the largest with an "
        f"accuracy of {enough:.3f} on val ({accuracy:.3f} was wanted). Probabilities lean to the rare classes as the "
        f"decision does. Accuracy / balanced accuracy there: {tried}."
    )
    return Decision(
        shift=(shifts[best] - shifts[best].mean()).astype(np.float32),
        weight=float(_WEIGHTS[best]),
        accuracy=float(accuracies[best]),
        balanced_accuracy=balanced[best],
        sentence=sentence,
    )


def balanced_likelihood(
    logits: NDArray[np.float32], truth: NDArray[np.int64], log_frequency: NDArray[np.float64]
) -> float:
    """The probability of the right class, as a geometric mean over the pictures of a class, then over the classes.

    Temperature and part of the log frequencies are those that make it highest, so that it tells what logits know and
    not how sure they are or which classes they prefer: near 1 where they are always right, 1 / K where they are all
    the same and all classes are there.

    Args:
        logits: (N, K), N above 0.
        truth: (N,) class numbers.
        log_frequency: (K,).
    """
    return float(np.exp(-_fit(logits, truth, log_frequency, compute_sample_weight("balanced", truth)).fun))


def _value(frequency: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """The log of what a right answer is worth, (K,)."""
    return np.log(1 - weight + weight / (len(frequency) * frequency))


def _fit(
    logits: NDArray[np.float32],
    truth: NDArray[np.int64],
    log_frequency: NDArray[np.float64],
    weight: NDArray[np.float64],
    held: NDArray[np.float64] | float = 0.0,
) -> OptimizeResult:
    """The log temperature and the part of the log frequencies with the lowest negative log-likelihood, and that one.

    Args:
        held: (K,), in log probabilities, what the logits hold of an earlier decision.
    """

    def negative_log_likelihood(parameters: NDArray[np.float64]) -> float:
        log_temperature, part = parameters
        log_probability = log_softmax(logits / np.exp(log_temperature) + part * log_frequency - held, axis=1)
        return float(-np.average(log_probability[np.arange(len(truth)), truth], weights=weight))

    return minimize(negative_log_likelihood, x0=(0, 0), bounds=_BOUNDS)
