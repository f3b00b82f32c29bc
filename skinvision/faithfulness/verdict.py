"""Whether to believe a map: what the measures say together, by a rule that can be read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skinvision.faithfulness.curves import DRAWS, EQUAL, KEPT, Compared, Curves
from skinvision.faithfulness.inside import Inside
from skinvision.faithfulness.randomised import Similarity
from skinvision.faithfulness.road import Road
from skinvision.faithfulness.stability import Stability
from skinvision.figures import minus, percent

UNCHANGED = 0.7  # mean rank correlation; its square is a half: above it more of the order is kept than lost
FAINT = 0.05  # a class that never gets this much probability has nothing to lose that could be measured
SAME = 0.99  # rank correlation of two maps from which on they are one
UNSTEADY = 0.5  # relative change; two maps of one length that differ by half of it still have a cosine of 7/8

Code = Literal["believable", "doubtful", "not believable"]
Stand = Literal["for", "against", "aside", "unknown"]
Measure = Literal[
    "against chance", "against a blob", "ROAD", "randomisation", "stability", "another class", "inside the lesion"
]

LOST = 0.1  # of a probability: what ROAD has to take away, with either pixels, before the two are compared

NEEDED: tuple[Measure, ...] = ("against chance", "against a blob", "randomisation")

HEADLINES: Mapping[Code, str] = {
    "believable": "The map passes these tests. It may still be a true map of a network that is wrong.",
    "doubtful": "There is reason to doubt this map.",
    "not believable": "By these tests the map is no better than a guess, or than that of a network that knows nothing.",
}

RULE = f"""\
Not believable: the map hardly changes when the network forgets what it learned (mean rank correlation over all levels
above {UNCHANGED}), or neither deletion nor insertion goes better by the map than by chance or by a blob in the middle
and ROAD does not speak for it.

Better than by chance: better than in every one of {DRAWS} random orders.

Doubtful: deletion or insertion goes worse by the map than in every random order, or neither goes better; or neither
goes better than by a blob in the middle; or ROAD, where it loses {percent(LOST)} of the probability at all, loses
as much without the least relevant pixels as without the most relevant; or noise, a shift of one pixel or JPEG change
the map by more than {percent(UNSTEADY)}; or the map of the most probable other class is the same (rank correlation of
at least {SAME}), so that this one shows nothing of its class; or the curves or the randomisation have not been
measured, or could not be.

They cannot: the randomisation, where the map has no positive evidence; the curves and ROAD, where the class never gets
a probability of {percent(FAINT)}; the curves, where of its probability {percent(KEPT)} are left without any pixel. If
the latter is so of deletion or insertion alone, the other one counts. Areas and probabilities within {EQUAL} of each
other are equal.

Believable: none of these. It may still be a true map of a network that is wrong: how much of the evidence lies inside
the lesion, and what a mirror image changes, is told beside the grade, because that is about the network."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What has been measured of one map; None for what has not.

    Attributes:
        another: how like it is the map of the most probable other class.
    """

    compared: Compared | None = None
    road: Road | None = None
    randomised: Mapping[str, Similarity] | None = None
    stability: Stability | None = None
    another: Similarity | None = None
    inside: Inside | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What one measure says.

    Attributes:
        measure: which one.
        stands: for or against believing the map, aside where it is about the network, unknown where it is missing.
        words: the figures, in one sentence or two.
        grave: whether it is enough by itself not to believe the map.
    """

    measure: Measure
    stands: Stand
    words: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The grade with its reasons.

    Attributes:
        code: a key of ``HEADLINES``.
        headline: one or two sentences for the person.
        reasons: one for each measure, also for those that are missing.
    """

    code: Code
    headline: str
    reasons: tuple[Reason, ...]


def judge(findings: Findings) -> Verdict:
    """The verdict by ``RULE``.

    A measure that is None or NaN (a map without positive evidence) is unknown. Without the curves or the randomisation
    a map is doubtful at best.
    """
    reasons = (
        _against_chance(findings.compared),
        _against_a_blob(findings.compared, road := _road(findings.road)),
        road,
        _randomisation(findings.randomised),
        _stability(findings.stability),
        _another(findings.another),
        _inside(findings.inside),
    )
    code = _code(reasons)
    return Verdict(code, HEADLINES[code], reasons)


def _code(reasons: tuple[Reason, ...]) -> Code:
    if any(reason.grave for reason in reasons):
        return "not believable"
    doubts = (r.stands == "against" or (r.stands == "unknown" and r.measure in NEEDED) for r in reasons)
    return "doubtful" if any(doubts) else "believable"


def _against_chance(compared: Compared | None) -> Reason:
    if compared is None or (mute := _mute(compared)):
        return _unknown("against chance", _MISSING if compared is None else mute)
    better, worse = _than_chance(compared)
    areas = _areas(compared.own, compared.references.chance, "blocks in random order, on average")
    words = f"{areas} {_counts(compared)}"
    return Reason("against chance", "for" if better and not worse else "against", words)


def _against_a_blob(compared: Compared | None, road: Reason) -> Reason:
    if compared is None or (mute := _mute(compared)):
        return _unknown("against a blob", _MISSING if compared is None else mute)
    blob = compared.references.centre
    is_better = any(compared.own.beat(blob))
    words = _areas(compared.own, blob, "a blob in the middle")
    if not is_better:
        words += " So the map is no better than a guess at the middle."
    is_grave = not (is_better or _than_chance(compared)[0] or road.stands == "for")
    return Reason("against a blob", "for" if is_better else "against", words, is_grave)


def _than_chance(compared: Compared) -> tuple[bool, bool]:
    """Whether deletion or insertion goes better than in every random order, and whether one goes worse than in all."""
    own, draws = compared.own, compared.references.random
    better = zip(*(own.beat(each) for each in draws), strict=True)  # deletion, insertion; one for each draw
    worse = zip(*(each.beat(own) for each in draws), strict=True)
    return any(map(all, better)), any(map(all, worse))


def _mute(compared: Compared) -> str:
    """Why the curves can tell nothing; "" where they can."""
    if _is_faint(compared):
        return _FAINT
    if not any(compared.own.tell):
        whole, *_, flat = compared.own.deletion.scores
        blurred, *_ = compared.own.insertion.scores
        return (
            f"Without any pixel {percent(KEPT)} or more of the probability are left, so the curves tell nothing: "
            f"{_probability(whole)}, {percent(flat)} for one flat colour and {percent(blurred)} for a blur."
        )
    return ""


def _is_faint(compared: Compared) -> bool:
    """Whether the class never has a probability worth speaking of."""
    everything = (compared.own, compared.references.centre, *compared.references.random)
    return all(curve.scores.max() < FAINT for each in everything for curve in (each.deletion, each.insertion))


def _areas(own: Curves, other: Curves, name: str) -> str:
    """The areas under the curves that can tell anything, and why the other one cannot."""
    lower = f"{own.deletion.auc:.2f}, by {name} {other.deletion.auc:.2f} (lower is better)"
    higher = f"{own.insertion.auc:.2f}, by {name} {other.insertion.auc:.2f} (higher is better)"
    whole, *_, flat = own.deletion.scores
    blurred, *_ = own.insertion.scores
    if all(own.tell):
        return f"Area under deletion {lower}; under insertion {higher}."
    if own.tell[0]:
        mute = f"Insertion tells nothing here: {_probability(whole)} and {percent(blurred)} for a blur."
        return f"Area under deletion {lower}. {mute}"
    mute = f"Deletion tells nothing here: {_probability(whole)} and {percent(flat)} for one flat colour."
    return f"Area under insertion {higher}. {mute}"


def _probability(whole: float) -> str:
    return f"the probability is {percent(whole)} for the picture"


def _counts(compared: Compared) -> str:
    """In how many random orders the curves that can tell anything go worse."""
    own, draws = compared.own, compared.references.random
    deletion, insertion = (sum(each) for each in zip(*(own.beat(each) for each in draws), strict=True))
    if all(own.tell):
        return f"Deletion goes better than in {deletion} of {len(draws)} random orders, insertion than in {insertion}."
    name, count = ("Deletion", deletion) if own.tell[0] else ("Insertion", insertion)
    return f"{name} goes better than in {count} of {len(draws)} random orders."


def _road(road: Road | None) -> Reason:
    if road is None:
        return _unknown("ROAD")
    if road.whole < FAINT:
        return _unknown("ROAD", _FAINT)
    most, least = float(np.mean(road.without_most)), float(np.mean(road.without_least))
    words = (
        f"The probability is {percent(road.whole)} for the picture, {percent(most)} without the most relevant pixels "
        f"and {percent(least)} without the least."
    )
    if min(most, least) > (1 - LOST) * road.whole:
        return _unknown("ROAD", f"{words} That is too little lost to tell.")
    return Reason("ROAD", "for" if least - most > EQUAL else "against", words)


def _randomisation(found: Mapping[str, Similarity] | None) -> Reason:
    rank, ssim = _means(found)
    if math.isnan(rank):
        return _unknown("randomisation", _EMPTY if found else _MISSING)
    words = minus(f"As the network forgets, the map keeps a mean rank correlation of {rank:.2f} (SSIM {ssim:.2f}).")
    if rank > UNCHANGED:
        return Reason("randomisation", "against", f"{words} So it is not about what the network learned.", grave=True)
    return Reason("randomisation", "for", words)


def _means(found: Mapping[str, Similarity] | None) -> tuple[float, float]:
    """Mean rank correlation and SSIM over the levels; NaN where there are none."""
    if not found:
        return math.nan, math.nan
    rank, ssim = (np.mean(each) for each in zip(*((s.rank_correlation, s.ssim) for s in found.values()), strict=True))
    return float(rank), float(ssim)


def _stability(found: Stability | None) -> Reason:
    if found is None or math.isnan(found.to_small):
        return _unknown("stability", _EMPTY if found else _MISSING)
    words = (
        f"The map changes most by {percent(found.noise)} under noise, {percent(found.shift)} when moved by a pixel, "
        f"{percent(found.jpeg)} as JPEG, and {percent(found.flip)} in the mirror."
    )
    return Reason("stability", "for" if found.to_small <= UNSTEADY else "against", words)


def _another(found: Similarity | None) -> Reason:
    if found is None or math.isnan(found.rank_correlation):
        return _unknown("another class", _EMPTY if found else _MISSING)
    rank = found.rank_correlation
    words = minus(f"The map of the most probable other class has a rank correlation of {rank:.2f} with this one.")
    if rank >= SAME:
        return Reason("another class", "against", f"{words} So it shows nothing of this class.")
    return Reason("another class", "for", words)


def _inside(found: Inside | None) -> Reason:
    if found is None or math.isnan(found.lesion_share):
        return _unknown("inside the lesion", f"{_EMPTY[:-1]}, or no lesion was found." if found else _MISSING)
    where = "inside" if found.pointing_hit else "outside"
    words = (
        f"{percent(found.lesion_share)} of the evidence lies inside the lesion, which covers "
        f"{percent(found.area_share)} of what the network sees; the maximum lies {where}."
    )
    return Reason("inside the lesion", "aside", words)


_MISSING = "Not measured."
_FAINT = "The class has hardly any probability here, so there is nothing to lose."
_EMPTY = "The map has no positive evidence."


def _unknown(measure: Measure, words: str = _MISSING) -> Reason:
    return Reason(measure, "unknown", words)
