"""When to believe a probability: temperature, prediction sets, and pictures unlike the training data."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from skinvision.card import Calibration

_COMPONENTS = 128
_LEAST_VARIANCE = 1e-4  # of features whose mean square is 1; float16, in which it is kept, is coarse below 6e-5


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """softmax(logits / temperature) over the last axis, float32."""
    return np.asarray(softmax(logits.astype(np.float64) / temperature, axis=-1), np.float32)


def fit_calibration(logits: NDArray[np.float32], truth: NDArray[np.int64], coverage: float = 0.9) -> Calibration:
    """Temperature (Guo et al. 2017) and the quantile of the prediction sets (Sadinle et al. 2019) on held-out logits.

    Args:
        logits: (N, K).
        truth: (N,) class numbers.
        coverage: wanted share of prediction sets that hold the truth, in (0, 1).
    """

    from scipy.optimize import minimize_scalar  # here, since what only asks a model need not wait for it

    def nll(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[np.arange(len(truth)), truth].mean())

    temperature = float(np.exp(minimize_scalar(nll, bounds=(-3, 3), method="bounded").x))
    doubt = 1 - probabilities(logits, temperature)[np.arange(len(truth)), truth]
    return Calibration(temperature, coverage, conformal_quantile(doubt, coverage))


def conformal_quantile(doubt: NDArray[np.float32], coverage: float) -> float:
    """The ⌈(N + 1) · coverage⌉-th smallest of N doubts; 1, which lets every label in, where N are too few.

    A new doubt from the same distribution is at most that with probability ≥ coverage (Vovk et al. 2005).
    """
    rank = math.ceil(round((len(doubt) + 1) * coverage, 9))  # 0.9 is no binary fraction
    return float(np.sort(doubt)[rank - 1]) if rank <= len(doubt) else 1.0


def prediction_set(
    labels: tuple[str, ...], probability: NDArray[np.float32], calibration: Calibration
) -> tuple[str, ...]:
    """The labels with 1 − probability ≤ quantile, most probable first; never empty: the first is always in.

    Args:
        probability: (K,) calibrated.
    """
    order = np.argsort(-probability, kind="stable")
    return tuple(labels[k] for k in order if 1 - probability[k] <= calibration.quantile or k == order[0])


@dataclass(frozen=True, slots=True, eq=False)
class FeatureStatistics:
    """What training features look like: class means and one shared covariance, by probabilistic PCA.

    The covariance (Tipping & Bishop 1999) keeps its d main axes with their variances; all other directions share the
    variance ``noise``. Features are first brought to a root mean square of 1 (Müller & Hein 2025).

    Attributes:
        means: (K, D) float32.
        axes: (D, d) float32, orthonormal columns.
        variances: (d,) float32 > 0, along the axes.
        noise: (1,) float32 > 0.
        background: (1, D) float32, the mean of pictures of another kind, if some were shown.
    """

    means: NDArray[np.float32]
    axes: NDArray[np.float32]
    variances: NDArray[np.float32]
    noise: NDArray[np.float32]
    background: NDArray[np.float32] | None = None

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float32],
        truth: NDArray[np.int64],
        components: int = _COMPONENTS,
        background: NDArray[np.float32] | None = None,
    ) -> FeatureStatistics:
        """From training features (N, D), their class numbers (N,), and features (M, D) of pictures of another kind."""
        if background is not None:
            together = cls.fit(
                np.r_[features, background], np.r_[truth, np.full(len(background), truth.max() + 1)], components
            )
            return replace(together, means=together.means[:-1], background=together.means[-1:])
        unit = _unit(features)
        classes, member = np.unique(truth, return_inverse=True)
        means = np.stack([unit[member == k].mean(axis=0) for k in range(len(classes))])
        limit = min(components, min(features.shape) - 1)  # one direction at least is left to the noise
        from sklearn.decomposition import PCA  # takes a second to import

        pca = PCA(limit, svd_solver="full").fit(unit - means[member])
        axes, spread = pca.components_.T, np.maximum(pca.explained_variance_, _LEAST_VARIANCE)
        noise = np.maximum([pca.noise_variance_], _LEAST_VARIANCE)
        return cls(*(np.ascontiguousarray(array, np.float32) for array in (means, axes, spread, noise)))

    def rounded(self) -> FeatureStatistics:
        """As they will be read back from a float16 file."""
        return FeatureStatistics(**{k: v.astype(np.float16).astype(np.float32) for k, v in self.arrays().items()})

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """All there are, by their names."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in found.items() if array is not None}

    def distance(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mahalanobis distance to the nearest class mean (Lee et al. 2018, eq. 2), per degree of freedom.

        With a background it is divided by the distance to that, so that 1 is half way between both (after Ren et al.
        2021, who take the difference).

        Args:
            features: (N, D).

        Returns:
            (N,), without a background about 1 for training pictures; larger is stranger.
        """
        own = self._to(self.means, features)
        return (
            own if self.background is None else own / np.maximum(self._to(self.background, features), _LEAST_VARIANCE)
        )

    def _to(self, centres: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The squared distance to the nearest of ``centres``, (N,), per degree of freedom."""
        unit, means = _unit(features.astype(np.float64)), centres.astype(np.float64)
        # einsum, not @: so small a product wakes OpenBLAS's threads, which then spin on torch's cores
        offset = (unit**2).sum(axis=1)[:, None] - 2 * np.einsum("nd,kd->nk", unit, means) + (means**2).sum(axis=1)
        along = np.einsum("nkd,dc->nkc", unit[:, None] - means, self.axes)  # (N, K, d)
        across = np.maximum(offset - (along**2).sum(axis=2), 0)  # (N, K)
        squared = (along**2 / self.variances).sum(axis=2) + across / self.noise
        return np.asarray(squared.min(axis=1) / means.shape[1])


def _unit(features: NDArray[Any]) -> NDArray[Any]:
    scale = np.sqrt((features**2).mean(axis=1, keepdims=True))
    return np.asarray(features / np.maximum(scale, 1e-12))
