"""The decision of a classifier, on pictures of which all is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from skinvision.training.decision import balanced_likelihood, fit_decision

# (pictures, vascular lesions among them): nothing tells those of a group apart
GROUPS = ((90, 10), (20, 16))
FREQUENCY = np.array([0.9, 0.1])  # of nevi and vascular lesions


def _pictures(temperature: float, part: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits that know each group's share, but as if training had balanced the classes and been too sure."""
    logits, truth = [], []
    for size, vascular in GROUPS:
        logits += [np.log([1 - vascular / size, vascular / size])] * size
        truth += [0] * (size - vascular) + [1] * vascular
    return (temperature * np.array(logits) - part * np.log(FREQUENCY)).astype(np.float32), np.array(truth)


@pytest.mark.parametrize(("temperature", "part"), [(1.0, 0.0), (1.0, 0.5), (2.0, -0.3), (0.5, 1.0)])
@pytest.mark.parametrize(
    ("accuracy", "weight", "called_vascular"),
    [
        # Of the large group 1 in 9 is vascular. To call it so pays where 8 (1 - w + w / 1.8) < 1 - w + w / 0.2, from
        # w = 0.926 on. That makes 26 of 110 right instead of 96.
        pytest.param(0.2, 1.0, (True, True), id="all the balance"),
        pytest.param(0.8, 0.92, (False, True), id="as much as leaves the accuracy"),
        pytest.param(0.99, 0.92, (False, True), id="never that accurate: what costs next to nothing of the highest"),
    ],
)
def test_balance_is_taken_as_far_as_the_accuracy_allows(
    temperature: float, part: float, accuracy: float, weight: float, called_vascular: tuple[bool, bool]
) -> None:
    logits, truth = _pictures(temperature, part)
    decision = fit_decision(logits, truth, FREQUENCY, accuracy)
    assert decision.weight == pytest.approx(weight)
    guess = (logits + decision.shift).argmax(axis=1)
    assert (bool(guess[0]), bool(guess[-1])) == called_vascular
    value = np.log(1 - weight + weight / (2 * FREQUENCY))
    expected = part * np.log(FREQUENCY) + temperature * value
    np.testing.assert_allclose(decision.shift, expected - expected.mean(), atol=0.02)


def test_a_decision_on_top_of_a_decision_changes_nothing() -> None:
    """Of three classes, what a weight adds is no multiple of the log frequencies: unless told, it is not undone."""
    frequency = np.array([0.7, 0.2, 0.1])
    chance = np.random.default_rng(0)
    shares = chance.dirichlet((2.1, 0.6, 0.3), size=2000)
    truth = np.array([chance.choice(3, p=share) for share in shares])
    logits = np.log(shares).astype(np.float32)
    first = fit_decision(logits, truth, frequency, 0.75)
    assert 0.2 < first.weight < 0.8
    shifted = logits + first.shift
    again = fit_decision(shifted, truth, frequency, 0.75, first.weight)
    assert again.weight == pytest.approx(first.weight, abs=0.011)
    np.testing.assert_allclose(again.shift, 0, atol=0.02)
    untold = fit_decision(shifted, truth, frequency, 0.75)
    assert np.abs(untold.shift).max() > 0.05


def test_the_sentence_tells_what_was_tried() -> None:
    logits, truth = _pictures(1, 0)
    sentence = fit_decision(logits, truth, FREQUENCY, 0.8).sentence
    assert "in the decision: 0.92, the largest with an accuracy of 0.800 on val (0.800 was wanted)" in sentence
    assert "of 0.863 on val (0.990 was wanted)" in fit_decision(logits, truth, FREQUENCY, 0.99).sentence
    # 80 + 16 of 110, and the mean of 80 / 84 and 16 / 26; at the end 10 + 16 of 110, and the mean of 0 and 1
    assert "0.00: 0.873 / 0.784" in sentence
    assert sentence.endswith("0.92: 0.873 / 0.784, 1.00: 0.236 / 0.500.")


def test_what_no_temperature_can_fit_better_still_decides() -> None:
    """Right, and surer than any data can tell: the likelihood has no maximum, only a limit, and the fit an end."""
    truth = np.array([0, 0, 0, 1])
    logits = np.where(np.arange(2) == truth[:, None], 5, -5).astype(np.float32)
    frequency = np.array([0.75, 0.25])
    decision = fit_decision(logits, truth, frequency, 0.82)
    assert (decision.weight, decision.accuracy, decision.balanced_accuracy) == (1, 1, 1)
    apart = decision.shift[1] - decision.shift[0]
    assert 0 < apart < np.log(3)  # as much as at temperature 1; surer logits mean less of it


def test_a_class_that_is_absent_takes_no_part() -> None:
    logits = np.array([[3, 0, 1], [2, 0, 1], [0, 3, 1], [0, 2, 4]], dtype=np.float32)
    decision = fit_decision(logits, np.array([0, 0, 1, 1]), np.array([0.6, 0.3, 0.1]), 0.5)
    guess = (logits + decision.shift).argmax(axis=1)
    assert decision.balanced_accuracy == np.mean([(guess[:2] == 0).mean(), (guess[2:] == 1).mean()])


@pytest.mark.parametrize(("temperature", "part"), [(1.0, 0.0), (1.0, 0.5), (2.0, -0.3), (0.5, 1.0)])
def test_the_balanced_likelihood_tells_what_logits_know(temperature: float, part: float) -> None:
    """Were both classes as frequent, 10 / 26 against 80 / 84 would be vascular in the large group, 16 against 4 in the
    small one. That is said however sure the logits are and whatever class they prefer."""
    logits, truth = _pictures(temperature, part)
    large, small = (10 / 26) / (10 / 26 + 80 / 84), (16 / 26) / (16 / 26 + 4 / 84)
    nevi = (80 * np.log(1 - large) + 4 * np.log(1 - small)) / 84
    vascular = (10 * np.log(large) + 16 * np.log(small)) / 26
    expected = np.exp((nevi + vascular) / 2)
    assert balanced_likelihood(logits, truth, np.log(FREQUENCY)) == pytest.approx(expected, abs=1e-4)


def test_the_balanced_likelihood_of_logits_that_know_nothing_is_chance() -> None:
    truth = np.array([0] * 90 + [1] * 10 + [2])
    silent = np.full((101, 3), 0.7, dtype=np.float32)
    assert balanced_likelihood(silent, truth, np.log(np.array([0.89, 0.1, 0.01]))) == pytest.approx(1 / 3, abs=1e-4)
    right = np.eye(3, dtype=np.float32)[truth]
    assert balanced_likelihood(9 * right, truth, np.zeros(3)) == pytest.approx(1, abs=1e-4)
