"""One picture in, one sealed analysis out, from one thread or many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import Tensor, nn

from skinvision import phantom
from skinvision.errors import ShapeMismatch, UnknownName, WeightsRejected
from skinvision.geometry import Box
from skinvision.models.registry import load
from skinvision.pipeline import Analyser, submit_mask
from skinvision.types import Analysis, Case, LesionMask, ModelRef
from tests.samples import LABELS

SIZES = ((80, 120), (120, 80), (64, 64), (70, 300))


class Bright(nn.Module):
    """A segmenter that takes what is bright for the lesion."""

    def forward(self, pictures: Tensor) -> Tensor:
        return 4 * pictures.mean(dim=1, keepdim=True)


@pytest.fixture(scope="module")
def analyser(tiny_models: Path) -> Analyser:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(tiny_models))
        return Analyser.load()


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [
        Case(phantom.draw(seed, height=height, width=width).image, f"{seed:064x}")
        for seed, (height, width) in enumerate(SIZES)
    ]


@pytest.fixture(scope="module")
def analyses(analyser: Analyser, cases: list[Case]) -> list[Analysis]:
    return [analyser.analyse(case) for case in cases]


@pytest.mark.parametrize("number", range(len(SIZES)), ids=[f"{h}x{w}" for h, w in SIZES])
def test_everything_about_one_picture(analyser: Analyser, analyses: list[Analysis], number: int) -> None:
    analysis = analyses[number]
    assert analysis.mask.probability.shape == SIZES[number]
    assert analysis.mask.threshold == analyser.segmenter_card.threshold
    assert tuple(explanation.target for explanation in analysis.explanations) == LABELS
    assert {explanation.stage for explanation in analysis.explanations} == {"stage4"}
    assert all(explanation.evidence.shape == SIZES[number] for explanation in analysis.explanations)
    assert analysis.segmenter == ModelRef("unet", analyser.segmenter_card.sha256)
    assert analysis.classifier == ModelRef("resnet50", analyser.classifier_card.sha256)
    assert analysis.timings_ms.keys() == {"segment", "classify_and_explain", "measure"}


def test_the_last_maps_add_up_to_the_logits(analyser: Analyser, analyses: list[Analysis]) -> None:
    bias = _bias(analyser)
    for analysis in analyses:
        sums = [explanation.activation_map.sum() for explanation in analysis.explanations]
        np.testing.assert_allclose(sums, analysis.prediction.logits - bias, rtol=1e-3, atol=1e-4)


def test_maps_lie_where_the_card_says_that_the_cells_look(
    analyser: Analyser, cases: list[Case], tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(tiny_models))
    model = load("resnet50")
    beside = Analyser(load("unet"), replace(model, card=replace(model.card, stage_offsets={"stage4": -0.4})))
    one, other = (which.analyse(cases[0]).explanation("mel") for which in (analyser, beside))
    np.testing.assert_array_equal(one.activation_map, other.activation_map)
    assert (one.offset, other.offset) == (0.0, -0.4)
    assert {e.offset for e in beside.explain(beside.analyse(cases[0]), "stage3").explanations} == {0.0}


def test_each_share_is_measured_on_the_mask(analyses: list[Analysis]) -> None:
    for analysis in analyses:
        for explanation in analysis.explanations:
            evidence = explanation.evidence.astype(np.float64)
            total = evidence.sum()
            share = evidence[analysis.mask.binary].sum() / total if total else np.nan
            assert explanation.lesion_share == pytest.approx(share, nan_ok=True)


@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_another_threshold_is_the_same_with_and_without_the_networks(
    analyser: Analyser, cases: list[Case], analyses: list[Analysis], threshold: float
) -> None:
    _assert_equal(analyser.analyse(cases[0], threshold=threshold), analyses[0].at_threshold(threshold))


@pytest.mark.parametrize("stage", ["stem", "stage2", "stage4"])
def test_maps_at_another_stage_are_those_of_a_new_analysis(
    analyser: Analyser, cases: list[Case], analyses: list[Analysis], stage: str
) -> None:
    explained = analyser.explain(analyses[0], stage)
    _assert_equal(explained, analyser.analyse(cases[0], stage))
    assert explained.mask is analyses[0].mask


@pytest.mark.parametrize(
    ("lesion", "region"),
    [
        (Box(48, 32, 72, 48), Box(42, 22, 78, 58)),  # 24 px, and a quarter of that at either end
        (None, Box(0, 0, 120, 80)),
    ],
)
@pytest.mark.usefixtures("weights")
def test_a_classifier_may_look_at_the_box_around_the_lesion(lesion: Box | None, region: Box) -> None:
    segmenter, classifier = load("unet"), load("resnet50")
    classifier = replace(classifier, card=replace(classifier.card, region="box", region_margin=0.25))
    image = np.zeros((80, 120, 3), np.uint8)
    if lesion:
        image[lesion.y0 : lesion.y1, lesion.x0 : lesion.x1] = 255
    analysis = Analyser(replace(segmenter, network=Bright()), classifier).analyse(Case(image, "ab" * 32))
    assert {explanation.region for explanation in analysis.explanations} == {region}
    evidence = np.sum([explanation.evidence for explanation in analysis.explanations], axis=0)
    assert evidence[region.y0 : region.y1, region.x0 : region.x1].any()
    evidence[region.y0 : region.y1, region.x0 : region.x1] = 0
    assert not evidence.any()


@pytest.mark.usefixtures("weights")
def test_the_threshold_of_the_mask_does_not_move_the_box() -> None:
    loaded = load("resnet50")
    classifier = replace(loaded, card=replace(loaded.card, region="box"))
    case = Case(phantom.draw(1, height=80, width=120).image, "ab" * 32)
    analyser = Analyser(load("unet"), classifier)
    plain, other = analyser.analyse(case), analyser.analyse(case, threshold=0.9)
    assert other.mask.threshold == 0.9
    np.testing.assert_array_equal(plain.prediction.logits, other.prediction.logits)
    np.testing.assert_array_equal(plain.at_threshold(0.9).explanations[0].evidence, other.explanations[0].evidence)


@pytest.mark.parametrize("threshold", [None, 0.3])
@pytest.mark.usefixtures("weights")
def test_a_known_mask_gives_the_same_analysis_without_the_segmenter(
    cases: list[Case], analyses: list[Analysis], threshold: float | None
) -> None:
    cannot_run = replace(load("unet"), network=nn.Module())
    analysis = Analyser(cannot_run, load("resnet50")).analyse(cases[0], threshold=threshold, mask=analyses[0].mask)
    _assert_equal(analysis, analyses[0] if threshold is None else analyses[0].at_threshold(threshold))
    assert np.shares_memory(analysis.mask.probability, analyses[0].mask.probability)


def test_the_mask_of_another_picture_is_refused(analyser: Analyser, cases: list[Case]) -> None:
    with pytest.raises(ShapeMismatch, match="40 × 60 px"):
        analyser.analyse(cases[0], mask=LesionMask(np.zeros((40, 60), np.float32)))


@pytest.mark.usefixtures("weights")
def test_a_mask_alone_is_that_of_the_analysis(cases: list[Case], analyses: list[Analysis]) -> None:
    mask = submit_mask(load("unet"), cases[0]).result()
    np.testing.assert_allclose(mask.probability, analyses[0].mask.probability, rtol=1e-4, atol=1e-6)
    assert mask.threshold == analyses[0].mask.threshold
    with pytest.raises(WeightsRejected, match="a segmenter"):
        submit_mask(load("resnet50"), cases[0])


def test_submitted_pictures_are_done_in_the_order_of_arrival(analyser: Analyser, cases: list[Case]) -> None:
    done: list[int] = []
    futures = [analyser.submit(case) for case in cases]
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: done.append(number))
    results = [future.result() for future in futures]
    analyser.analyse(cases[0])  # behind them all in the queue
    assert done == [0, 1, 2, 3]
    assert [result.case for result in results] == cases


@pytest.mark.usefixtures("weights")
def test_two_hundred_calls_from_four_threads_equal_those_from_one(cases: list[Case], analyses: list[Analysis]) -> None:
    forgetful = Analyser(load("unet"), load("resnet50"))  # so that each call runs the networks
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(forgetful.analyse, cases * 50))
    for analysis, alone in zip(together, analyses * 50, strict=True):
        _assert_equal(analysis, alone)


@pytest.mark.parametrize("stage", ["stage5", "head"])
def test_an_unknown_stage_is_named(analyser: Analyser, cases: list[Case], analyses: list[Analysis], stage: str) -> None:
    with pytest.raises(UnknownName, match="a stage among stem"):
        analyser.analyse(cases[0], stage)
    with pytest.raises(UnknownName, match="a stage among stem"):
        analyser.explain(analyses[0], stage)


def test_a_fault_does_not_stop_the_worker(analyser: Analyser, cases: list[Case]) -> None:
    with pytest.raises(ShapeMismatch):
        analyser.analyse(cases[0], threshold=0.0)
    assert analyser.analyse(cases[0]).case is cases[0]


def test_an_analysis_by_another_model_is_not_explained(analyser: Analyser, analyses: list[Analysis]) -> None:
    stranger = replace(analyses[0], classifier=ModelRef("resnet50", "0" * 64))
    with pytest.raises(WeightsRejected, match="an analysis by"):
        analyser.explain(stranger, "stage2")


@pytest.mark.parametrize(
    ("segmenter", "classifier", "expected"), [("resnet50", None, "a segmenter"), (None, "unet", "a classifier")]
)
@pytest.mark.usefixtures("weights")
def test_models_for_the_other_task_are_rejected(segmenter: str | None, classifier: str | None, expected: str) -> None:
    with pytest.raises(WeightsRejected, match=expected):
        Analyser.load(segmenter, classifier)


def _bias(analyser: Analyser) -> np.ndarray:
    return analyser._network.head.linear.bias.numpy()


def _assert_equal(one: Analysis, other: Analysis) -> None:
    np.testing.assert_allclose(one.mask.probability, other.mask.probability, rtol=1e-4, atol=1e-6)
    assert one.mask.threshold == other.mask.threshold
    np.testing.assert_allclose(one.prediction.logits, other.prediction.logits, rtol=1e-4, atol=1e-5)
    for left, right in zip(one.explanations, other.explanations, strict=True):
        assert (left.target, left.stage, left.region) == (right.target, right.stage, right.region)
        largest = abs(right.activation_map).max()
        np.testing.assert_allclose(left.activation_map, right.activation_map, rtol=1e-3, atol=1e-5 * largest)
        assert left.lesion_share == pytest.approx(right.lesion_share, rel=1e-3, nan_ok=True)
