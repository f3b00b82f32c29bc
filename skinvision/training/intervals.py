"""95 % intervals of held-out figures: Wilson's for a share, a bootstrap over lesions for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skinvision.reports import Interval

_RESAMPLES = 2000
_ENDS = (0.025, 0.975)


def rounded(value: float | np.floating) -> float:
    """As many digits as a card holds."""
    return round(float(value), 5)


def wilson(hits: int, n: int) -> tuple[float, float] | None:
    """The interval alone of ``share_of``; None of no pictures."""
    if not n:
        return None
    share = share_of(hits, n)
    return share.low, share.high


def share_of(hits: int, n: int) -> Interval:
    """``hits / n`` with its interval (Wilson 1927), of at least one picture; it takes the pictures for independent."""
    interval = stats.binomtest(hits, n).proportion_ci(method="wilson")
    return Interval(rounded(hits / n), rounded(interval.low), rounded(interval.high))


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """The same pictures drawn again and again, with replacement.

    Attributes:
        weights: (R, N) float32, how often each of the N pictures is in each of the R resamples.
    """

    weights: NDArray[np.float32]

    @classmethod
    def over(cls, lesions: Sequence[str], classes: NDArray[np.int64] | None = None) -> Bootstrap:
        """Resamples of whole lesions, because pictures of one lesion resemble each other (Field & Welsh 2007).

        Args:
            lesions: (N,) which lesion a picture shows; those with "" each show another one.
            classes: (N,) class numbers. Every class keeps its number of lesions, so that none is ever absent.
        """
        names = np.array([lesion or f"\n{index}" for index, lesion in enumerate(lesions)])  # no lesion is called so
        classes = np.zeros(len(names), np.int64) if classes is None else classes
        rng = np.random.default_rng(0)
        weights = np.zeros((_RESAMPLES, len(names)), np.float32)
        for one in np.unique(classes):
            pictures = np.flatnonzero(classes == one)
            own, place = np.unique(names[pictures], return_inverse=True)
            drawn = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), _RESAMPLES)  # (R, lesions)
            weights[:, pictures] = drawn[:, place]
        return cls(weights)

    def mean(self, values: NDArray[np.generic]) -> tuple[float, float]:
        """Of the mean of (N,) values."""
        return _bounds(self._sums(values) / self.weights.sum(axis=1))

    def macro_recall(self, guess: NDArray[np.int64], truth: NDArray[np.int64]) -> tuple[float, float]:
        """Of the mean recall over the classes present, from class numbers (N,)."""
        return _bounds(self._macro_recalls(guess, truth))

    def macro_recall_loss(
        self, before: NDArray[np.int64], after: NDArray[np.int64], truth: NDArray[np.int64]
    ) -> tuple[float, float]:
        """Of how much the mean recall falls from one guess to another, both in the same resamples."""
        return _bounds(self._macro_recalls(before, truth) - self._macro_recalls(after, truth))

    def macro_f1(self, guess: NDArray[np.int64], truth: NDArray[np.int64]) -> tuple[float, float]:
        """Of the mean F1 over the classes present, from class numbers (N,)."""
        scores = [
            2 * self._sums((guess == k) & (truth == k)) / (self._sums(guess == k) + self._sums(truth == k))
            for k in np.unique(truth)
        ]
        return _bounds(np.mean(scores, axis=0))

    def macro_auc(self, probability: NDArray[np.float64], truth: NDArray[np.int64]) -> tuple[float, float] | None:
        """Of the mean AUC of the classes present against the rest, from (N, K) and (N,); None of one class alone."""
        present = np.unique(truth)
        if len(present) < 2:
            return None
        return _bounds(np.mean([self._auc(probability[:, k], truth == k) for k in present], axis=0))

    def ece(self, confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int) -> tuple[float, float]:
        """Of the calibration error with ``bins`` of equal width, from (N,) and (N,).

        Noise alone raises this error, and a resample has the noise of the pictures and that of its own. The interval
        therefore goes as far below the measured error as the resamples lie above it, and the other way round ("basic"
        interval, Davison & Hinkley 1997, section 5.2).
        """
        number = np.clip((confidence * bins).astype(int), 0, bins - 1)
        gaps = (number[:, None] == np.arange(bins)) * (confidence - right)[:, None]  # (N, bins)
        measured = np.abs(gaps.sum(axis=0)).sum() / len(gaps)
        again = np.abs(self.weights @ gaps).sum(axis=1) / self.weights.sum(axis=1)
        low, high = _bounds(again)
        return rounded(max(0, min(measured, 2 * measured - high))), rounded(max(measured, 2 * measured - low))

    def _macro_recalls(self, guess: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.float32]:
        recalls = [self._sums((guess == k) & (truth == k)) / self._sums(truth == k) for k in np.unique(truth)]
        mean: NDArray[np.float32] = np.mean(recalls, axis=0)  # (R,)
        return mean

    def _sums(self, values: NDArray[np.generic]) -> NDArray[np.float32]:
        sums: NDArray[np.float32] = self.weights @ values.astype(np.float32)  # (R,)
        return sums

    def _auc(self, score: NDArray[np.float64], positive: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The share of pairs of a positive and a negative picture that ``score`` puts in order; a tie counts half."""
        higher, lower = score[positive][:, None], score[~positive]
        order = (higher > lower) + np.float32(0.5) * (higher == lower)  # (P, N - P)
        some, others = self.weights[:, positive], self.weights[:, ~positive]
        auc: NDArray[np.float32] = ((some @ order) * others).sum(axis=1) / (some.sum(axis=1) * others.sum(axis=1))
        return auc


def _bounds(figures: NDArray[np.floating]) -> tuple[float, float]:
    """Between which 95 % of (R,) figures lie."""
    low, high = np.quantile(figures, _ENDS)
    return rounded(low), rounded(high)
