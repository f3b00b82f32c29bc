"""Deletion and insertion: what becomes of the probability as pixels go or come in the order of a map.

Petsiuk et al., "RISE", BMVC 2018, section 4.3 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinvision.faithfulness.maps import BLOCK, centre_blob, check_size, random_order, ranking
from skinvision.faithfulness.removal import Removal
from skinvision.models.staged import StagedClassifier
from skinvision.portions import Run, at_once
from skinvision.trust import probabilities

STEPS = 32  # equal portions of pixels
KEPT = 0.5  # of the probability: where a picture without its pixels still has so much, taking them away tells nothing
EQUAL = 0.01  # areas nearer than this are equal: written with two places, they hardly differ
DRAWS = 5  # random orders: their areas differ by several hundredths from one to the next
BATCH = 8  # pictures in one pass, and in one portion of work

Score = Callable[[Tensor], NDArray[np.float32]]  # pictures (N, 3, H, W) -> (N,), what one class gets


def probability_of(network: StagedClassifier, target: int, temperature: float) -> Score:
    """softmax(logits / temperature) of class number ``target``; ``network`` is in ``eval``."""

    def score(pictures: Tensor) -> NDArray[np.float32]:
        with torch.inference_mode():
            logits = network(pictures).numpy()
        return probabilities(logits, temperature)[:, target]

    return score


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A score over the share of pixels that are away, or that are there.

    Attributes:
        fractions: (n,) rising from 0 to 1.
        scores: (n,).
    """

    fractions: NDArray[np.float64]
    scores: NDArray[np.float64]

    @property
    def auc(self) -> float:
        """The area under the curve, by the trapezoid rule."""
        return float(np.trapezoid(self.scores, self.fractions))


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Both curves of one order of pixels. Under a true map deletion falls early and insertion rises early."""

    deletion: Curve
    insertion: Curve

    @property
    def tell(self) -> tuple[bool, bool]:
        """Whether deletion, and insertion, can tell anything: of the flat, and the blurred, picture less than ``KEPT``
        of the probability has to be left. The orders of pixels of one picture and class agree in that.
        """
        fallen, risen = self.deletion.scores, self.insertion.scores
        return bool(fallen[-1] < KEPT * fallen[0]), bool(risen[0] < KEPT * risen[-1])

    def beat(self, other: Curves) -> tuple[bool, bool]:
        """Whether there is less area under deletion, and more under insertion, each by more than ``EQUAL``.

        A curve that can ``tell`` nothing beats no other one.
        """
        less, more = other.deletion.auc - self.deletion.auc, self.insertion.auc - other.insertion.auc
        deletion, insertion = self.tell
        return deletion and less > EQUAL, insertion and more > EQUAL


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """What a map has to beat on the same picture.

    Attributes:
        random: (DRAWS,) blocks in as many random orders.
        centre: a blob in the middle.
    """

    random: tuple[Curves, ...]
    centre: Curves

    @property
    def chance(self) -> Curves:
        """The means of the curves in random order."""
        both = zip(*((each.deletion, each.insertion) for each in self.random), strict=True)
        return Curves(*(Curve(some[0].fractions, np.mean([each.scores for each in some], axis=0)) for some in both))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A map's curves beside the references."""

    own: Curves
    references: References

    @property
    def gain(self) -> float:
        """By how much the areas are better than by chance: less under deletion, more under insertion, the mean.

        Both count, also one that can ``tell`` nothing.
        """
        own, chance = self.own, self.references.chance
        return (chance.deletion.auc - own.deletion.auc + own.insertion.auc - chance.insertion.auc) / 2


def compare(
    score: Score,
    removal: Removal,
    saliency: NDArray[Any],
    references: References | None = None,
    run: Run = at_once,
    block: int = BLOCK,
) -> Compared:
    """The curves of a map beside those of chance and of a blob in the middle.

    Args:
        score: of one class.
        saliency: (H, W), signed.
        references: those of an earlier map for the same picture and class and with the same ``block``, if any.
        run: gets as many batches as ``curves_portions`` says.
        block: side of the blocks that go or come in random order, px: the map's grain, such as its cells' side.

    Raises:
        ShapeMismatch: the map is not of the picture's size.
    """
    height, width = removal.picture.shape[2:]
    check_size(saliency, height, width)
    own = curves(score, removal, ranking(saliency), references.centre if references else None, run)
    if references is None:
        orders = (random_order(height, width, seed, block) for seed in range(DRAWS))
        chance = tuple(curves(score, removal, order, own, run) for order in orders)
        middle = curves(score, removal, ranking(centre_blob(height, width)), own, run)
        references = References(chance, middle)
    return Compared(own, references)


def curves_portions(with_references: bool = True) -> int:
    """How many portions ``compare`` has for ``run``: 57, or 8 where the references are given."""
    batches = 2 * -(-(STEPS - 1) // BATCH)
    return 1 + (2 + DRAWS) * batches if with_references else batches


def curves(
    score: Score, removal: Removal, order: NDArray[np.int64], like: Curves | None = None, run: Run = at_once
) -> Curves:
    """Both curves of one order of pixels, from 65 pictures.

    Args:
        order: (H · W,) indices of all pixels; the first go first, or come first.
        like: other curves of the same picture and class, to take the three ends from instead of running them.
    """
    if like is None:
        whole, deleted, hidden = run(lambda: score(torch.cat([removal.picture, removal.deleted, removal.hidden])))
    else:
        whole, deleted, hidden = like.deletion.scores[0], like.deletion.scores[-1], like.insertion.scores[0]
    first = _first(order, *removal.picture.shape[2:])
    falling = _scores(score, first, removal.deleted, removal.picture, run)
    rising = _scores(score, first, removal.picture, removal.hidden, run)
    return Curves(_curve(whole, falling, deleted), _curve(hidden, rising, whole))


def _first(order: NDArray[np.int64], height: int, width: int) -> Tensor:
    """Masks of the first 1/32 … 31/32 of the pixels, (31, height, width) bool."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    counts = np.round(np.arange(1, STEPS) * len(order) / STEPS)
    return torch.from_numpy(place < counts[:, None]).reshape(-1, height, width)


def _scores(score: Score, first: Tensor, inside: Tensor, outside: Tensor, run: Run) -> NDArray[np.float32]:
    """The scores of pictures that are ``inside`` on each mask (n, H, W) and ``outside`` beyond it, (n,)."""

    def of(masks: Tensor) -> NDArray[np.float32]:
        mixed = torch.where(masks[:, None], inside, outside)  # (N, 3, H, W)
        return score(mixed.contiguous(memory_format=torch.channels_last))

    return np.concatenate([run(partial(of, masks)) for masks in torch.split(first, BATCH)])


def _curve(start: float, between: NDArray[np.float32], end: float) -> Curve:
    scores = np.concatenate([[start], between, [end]]).astype(np.float64)
    return Curve(np.linspace(0, 1, STEPS + 1), scores)
