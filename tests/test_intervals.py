"""Intervals whose answer is known: by symmetry, on paper, or from another program."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from skinvision.training.intervals import Bootstrap, wilson

ALONE = [""] * 100


def test_wilson_of_half_of_a_hundred() -> None:
    """(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n): around a half, z / 2√(n + z²) to either side."""
    z = stats.norm.ppf(0.975)
    away = z / 2 / math.sqrt(100 + z * z)
    assert wilson(50, 100) == pytest.approx((0.5 - away, 0.5 + away), abs=1e-5)
    assert wilson(0, 0) is None


def test_a_mean_varies_by_its_standard_error() -> None:
    """Of 100 pictures half are right: a standard error of 1/20, so 95 % lie within about 0.098 of a half."""
    low, high = Bootstrap.over(ALONE).mean(np.arange(100) < 50)
    assert (low, high) == pytest.approx((0.402, 0.598), abs=0.015)


def test_pictures_of_one_lesion_count_as_one() -> None:
    """Each of 25 lesions has four pictures that are all right or all wrong: the interval of 25, twice as wide."""
    lesions = [f"L{index // 4}" for index in range(100)]
    right = np.arange(100) // 4 % 2 == 0
    (low, high), (alone_low, alone_high) = Bootstrap.over(lesions).mean(right), Bootstrap.over(ALONE).mean(right)
    assert high - low == pytest.approx(2 * (alone_high - alone_low), rel=0.1)


def test_whole_lesions_are_drawn_and_every_class_keeps_their_number() -> None:
    again = Bootstrap.over(["a", "a", "b", "", "c"], np.array([0, 0, 0, 1, 1]))
    np.testing.assert_array_equal(again.weights[:, 0], again.weights[:, 1])
    assert (again.weights[:, [0, 2]].sum(axis=1) == 2).all()
    assert (again.weights[:, [3, 4]].sum(axis=1) == 2).all()


def test_one_picture_has_no_width() -> None:
    again = Bootstrap.over([""], np.array([0]))
    assert again.mean(np.array([0.7])) == pytest.approx((0.7, 0.7))
    assert again.macro_auc(np.array([[0.7, 0.3]]), np.array([0])) is None


def test_figures_of_a_resample_are_those_that_sklearn_finds() -> None:
    """With one resample, that has every picture once, the interval shrinks to the figure itself."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 20)
    probability = rng.dirichlet(np.ones(3), 60).round(1) + np.eye(3)[truth] * 0.1  # rounded, so that some are tied
    guess = probability.argmax(axis=1)
    once = Bootstrap(np.ones((1, 60), np.float32))
    areas = [metrics.roc_auc_score(truth == k, probability[:, k]) for k in range(3)]
    for interval, figure in (
        (once.macro_recall(guess, truth), metrics.recall_score(truth, guess, average="macro")),
        (once.macro_f1(guess, truth), metrics.f1_score(truth, guess, average="macro")),
        (once.macro_auc(probability, truth), np.mean(areas)),
    ):
        assert interval == pytest.approx((figure, figure), abs=1e-5)


def test_the_calibration_error_of_a_perfectly_calibrated_model_may_be_nought() -> None:
    """Of 400 answers of 80 %, 310 are right, 2.5 points too few: within what chance does, 1.96 √(0.2 · 0.8 / 400)."""
    right = np.arange(400) < 310
    low, high = Bootstrap.over([""] * 400).ece(np.full(400, 0.8), right, 15)
    assert low == 0
    assert 0.025 < high <= 0.05


def test_the_calibration_error_lies_within_its_interval() -> None:
    """Three of four answers of 75 % are right: the error is 0, and any resample's is larger."""
    low, high = Bootstrap.over([""] * 4).ece(np.full(4, 0.75), np.array([True, True, True, False]), 15)
    assert (low, high) == (0, 0)
