"""Does the heatmap tell the truth? Measures of one map, and a verdict by a rule that can be read.

All maps and masks are (H, W) in the pixels of the network's input.
"""

from skinvision.faithfulness.curves import (
    Compared,
    Curve,
    Curves,
    References,
    Score,
    compare,
    curves_portions,
    probability_of,
)
from skinvision.faithfulness.guesses import Found, guesses
from skinvision.faithfulness.inside import Inside, area_share, lesion_share, pointing_hit
from skinvision.faithfulness.randomised import Mapper, Similarity, levels, randomise, similarity
from skinvision.faithfulness.removal import Removal, blurred
from skinvision.faithfulness.road import ROAD_PORTIONS, Road, remove_and_debias
from skinvision.faithfulness.stability import STABILITY_PORTIONS, PictureMapper, Stability, disturb
from skinvision.faithfulness.verdict import HEADLINES, RULE, Findings, Reason, Verdict, judge

__all__ = [
    "Compared",
    "Curve",
    "Curves",
    "Findings",
    "Found",
    "HEADLINES",
    "Inside",
    "Mapper",
    "PictureMapper",
    "ROAD_PORTIONS",
    "RULE",
    "Reason",
    "References",
    "Removal",
    "Road",
    "STABILITY_PORTIONS",
    "Score",
    "Similarity",
    "Stability",
    "Verdict",
    "area_share",
    "blurred",
    "compare",
    "curves_portions",
    "disturb",
    "guesses",
    "judge",
    "lesion_share",
    "levels",
    "pointing_hit",
    "probability_of",
    "randomise",
    "remove_and_debias",
    "similarity",
]
