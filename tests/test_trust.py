"""Calibration, prediction sets and strangeness, against known truths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from skinvision.card import Calibration
from skinvision.trust import FeatureStatistics, conformal_quantile, fit_calibration, prediction_set, probabilities

LABELS = ("a", "b", "c", "d")


@pytest.mark.parametrize(("temperature", "expected"), [(1, [0.1, 0.9]), (2, [0.25, 0.75]), (1e6, [0.5, 0.5])])
def test_temperature_divides_logits(temperature: float, expected: list[float]) -> None:
    """Odds of 9 become √9 = 3 at temperature 2."""
    np.testing.assert_allclose(probabilities(np.array([0, np.log(9)], np.float32), temperature), expected, rtol=1e-5)


def test_probabilities_of_huge_logits_are_finite() -> None:
    np.testing.assert_array_equal(probabilities(np.array([1e4, -1e4], np.float32), 0.1), np.array([1, 0], np.float32))


@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_the_temperature_recovers_a_known_scale(scale: float) -> None:
    logits, truth = _classified(20_000, np.random.default_rng(0))
    fitted = fit_calibration((scale * logits).astype(np.float32), truth)
    assert fitted.temperature == pytest.approx(scale, rel=0.05)


@pytest.mark.parametrize(
    ("coverage", "quantile"),
    [
        (0.5, 0.5),  # rank ⌈10 · 0.5⌉ = 5 of nine
        (0.55, 0.6),  # rank ⌈5.5⌉ = 6
        (0.9, 0.9),  # rank 9, although 10 · 0.9 may come out above 9
        (0.91, 1.0),  # rank 10: nine doubts are too few, every label has to be in
    ],
)
def test_the_quantile_is_an_order_statistic(coverage: float, quantile: float) -> None:
    doubts = np.array([3, 1, 2, 9, 8, 7, 6, 4, 5]) / 10
    assert conformal_quantile(doubts, coverage) == quantile


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_prediction_sets_reach_their_coverage(coverage: float) -> None:
    """On average over calibration sets: at least the coverage, and at most 1 / (N + 1) more (Lei et al. 2018)."""
    dice = np.random.default_rng(0)
    held = []
    for _ in range(40):
        calibration = fit_calibration(*_classified(200, dice), coverage)
        logits, truth = _classified(500, dice)
        sets = [prediction_set(LABELS, p, calibration) for p in probabilities(logits, calibration.temperature)]
        held.append(np.mean([LABELS[t] in s for t, s in zip(truth, sets, strict=True)]))
    assert coverage - 0.01 < np.mean(held) < coverage + 1 / 201 + 0.01


@pytest.mark.parametrize(
    ("quantile", "expected"),
    [(0.0, ("c",)), (0.6, ("c", "b")), (0.75, ("c", "b", "a")), (1.0, ("c", "b", "a", "d"))],
)
def test_a_set_holds_the_labels_of_little_doubt(quantile: float, expected: tuple[str, ...]) -> None:
    """Doubts 0.75, 0.5, 0 and 1, scaled so that they are exact: c is first, and is in even at quantile 0."""
    probability = np.array([0.25, 0.5, 0.75, 0], np.float32)
    assert prediction_set(LABELS, probability, Calibration(1.0, 0.9, quantile)) == expected


def test_the_distance_is_that_of_the_full_covariance_matrix() -> None:
    dice = np.random.default_rng(0)
    axes = np.linalg.qr(dice.normal(size=(6, 2)))[0]
    variances, noise, means = np.array([3.0, 0.5]), 0.2, dice.normal(size=(3, 6))
    covariance = axes * variances @ axes.T + noise * (np.eye(6) - axes @ axes.T)
    features = dice.normal(size=(5, 6))
    unit = features / np.sqrt((features**2).mean(axis=1, keepdims=True))
    inverse = np.linalg.inv(covariance)
    expected = [min(mahalanobis(u, mean, inverse) ** 2 for mean in means) / 6 for u in unit]
    arrays = (np.asarray(array, np.float32) for array in (means, axes, variances, [noise]))
    np.testing.assert_allclose(FeatureStatistics(*arrays).distance(features.astype(np.float32)), expected, rtol=1e-5)


def test_all_components_but_one_give_the_sample_covariance() -> None:
    features, truth = _features(500, np.random.default_rng(0), width=6)
    statistics = FeatureStatistics.fit(features, truth)
    assert statistics.axes.shape == (6, 5)
    unit = features / np.sqrt((features**2).mean(axis=1, keepdims=True))
    residual = unit - statistics.means[truth]
    covariance = np.cov(residual.T)
    noise = statistics.noise * (np.eye(6) - statistics.axes @ statistics.axes.T)
    np.testing.assert_allclose(
        statistics.axes * statistics.variances @ statistics.axes.T + noise, covariance, atol=1e-5
    )


def test_training_features_are_about_1_away_and_foreign_ones_farther() -> None:
    dice = np.random.default_rng(0)
    features, truth = _features(2000, dice)
    statistics = FeatureStatistics.fit(features, truth, components=8)
    own, _ = _features(500, dice)
    foreign = (dice.normal(size=(500, 32)) + 1).astype(np.float32)
    assert statistics.distance(features).mean() == pytest.approx(1, rel=0.1)
    assert statistics.distance(own).mean() == pytest.approx(1, rel=0.15)
    assert np.quantile(statistics.distance(foreign), 0.01) > np.quantile(statistics.distance(own), 0.99)


def test_the_distance_does_not_depend_on_the_scale_of_a_feature_vector() -> None:
    features, truth = _features(200, np.random.default_rng(0))
    statistics = FeatureStatistics.fit(features, truth, components=8)
    np.testing.assert_allclose(statistics.distance(7 * features), statistics.distance(features), rtol=1e-5)


def test_the_statistics_survive_float16() -> None:
    features, truth = _features(2000, np.random.default_rng(0))
    statistics = FeatureStatistics.fit(features, truth, components=8)
    np.testing.assert_allclose(statistics.rounded().distance(features), statistics.distance(features), rtol=0.02)


def test_with_a_background_distances_are_relative_to_it() -> None:
    """Of another kind is what lies nearer to the other kind, though it lies no further out."""
    dice = np.random.default_rng(0)
    features, truth = _features(2000, dice)
    other = (features.mean(axis=0) + 0.5 + 0.3 * dice.normal(size=(500, 32))).astype(np.float32)
    plain = FeatureStatistics.fit(features, truth, components=8)
    relative = FeatureStatistics.fit(features, truth, components=8, background=other)
    np.testing.assert_allclose(relative.means, plain.means, rtol=1e-5)
    scaled = other / np.sqrt((other**2).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(relative.background[0], scaled.mean(axis=0), rtol=1e-4)
    own, foreign = relative.distance(features), relative.distance(other)
    assert (own < 1).mean() > 0.99
    assert (foreign > 1).mean() > 0.99


@pytest.mark.parametrize("count", [4, 40])
def test_features_that_never_vary_give_finite_distances(count: int) -> None:
    """Also with fewer pictures than features, and rounded to float16."""
    features = np.zeros((count, 16), np.float32)
    features[:, :2] = np.random.default_rng(0).uniform(1, 2, (count, 2))
    statistics = FeatureStatistics.fit(features, np.arange(count) % 2)
    assert all((getattr(statistics, name).astype(np.float16) > 0).all() for name in ("variances", "noise"))
    strange = np.ones((1, 16), np.float32)
    assert np.isfinite(statistics.distance(features)).all()
    assert statistics.distance(strange)[0] > 10 * statistics.distance(features).max()


def _classified(count: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 4) and class numbers (N,) drawn from their softmax: calibrated at temperature 1."""
    logits = dice.normal(size=(count, 4)) * 2
    return logits.astype(np.float32), (logits + dice.gumbel(size=logits.shape)).argmax(axis=1)


def _features(count: int, dice: np.random.Generator, width: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D) around three means, spread most along the first four directions."""
    truth = np.arange(count) % 3
    means = 2 + np.random.default_rng(1).normal(size=(3, width))
    spread = np.where(np.arange(width) < 4, 0.8, 0.1)
    return (means[truth] + dice.normal(size=(count, width)) * spread).astype(np.float32), truth
