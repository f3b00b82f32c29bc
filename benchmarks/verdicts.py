"""What the verdict says where the truth is known: of the deciding feature itself as a map, and of two methods' maps.

The lesions are those of ``skinvision truth``, as far as the network names them rightly. The feature itself is the map
that one would wish for, so a verdict against it is a wrong one; it cannot be randomised, which leaves it doubtful at
best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.measure import Figure, options, show
from skinvision.catalogue import KNOWN_TRUTH
from skinvision.faithfulness import HEADLINES, Findings, judge
from skinvision.methods import GRAD_CAM, ON_PICTURE
from skinvision.phantom import Phantom
from skinvision.pipeline import Analyser
from skinvision.training.known_truth import lessons
from skinvision.types import Analysis, Explanation

_NOT_RANDOMISED = "occlusion"  # a slow method, whose maps are not randomised unless one asks for it


def main() -> None:
    chosen = options(__doc__ or "", rounds=20)
    analyser = Analyser.load(classifier=KNOWN_TRUTH)
    counts: dict[str, Counter[str]] = {}
    for drawn, analysis in lessons(analyser, chosen.rounds):
        references = None
        for name, explanation in _maps(analyser, analysis, drawn):
            findings = analyser.examine(analysis, explanation, references)
            references = findings.compared.references if findings.compared else None
            counts.setdefault(name, Counter()).update(_told(findings))
    show("The verdict where the truth is known", list(_figures(counts)), chosen.json)


def _maps(analyser: Analyser, analysis: Analysis, drawn: Phantom) -> Iterator[tuple[str, Explanation]]:
    region, (height, width) = analysis.explanations[0].region, drawn.feature_mask.shape
    truth = drawn.feature_mask.astype(np.float32)
    yield (
        "the feature itself",
        Explanation(drawn.feature, _NOT_RANDOMISED, ON_PICTURE, truth, region, height, width).within(analysis.mask),
    )
    *_, before, last = analyser.classifier_card.stages
    for method, stage in (("hirescam", before), (GRAD_CAM, last)):
        yield f"{method} at {stage}", analyser.attribute(analysis, method, stage, drawn.feature)


def _told(findings: Findings) -> list[str]:
    verdict = judge(findings)
    measures = [f"{reason.measure}: {reason.stands}" for reason in verdict.reasons if reason.stands != "aside"]
    return ["lesions", verdict.code, *measures]


def _figures(counts: dict[str, Counter[str]]) -> Iterator[Figure]:
    for name, count in counts.items():
        graded = ("lesions", *HEADLINES)
        for told in (*graded, *sorted(set(count) - set(graded))):
            yield Figure(f"{name}, {told}", count[told], "")


if __name__ == "__main__":
    main()
