"""Every page draws the lesion's outline upon its heatmaps and says what it is, unless it is one not to be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from skinvision.methods import GRAD_CAM
from skinvision.render import lab_words, screen
from skinvision.render.overlays import shared_scale
from skinvision.types import Analysis, LesionMask
from skinvision.ui.session import Upload
from tests.pages import bring, checked, lesion, models_in, opened, uploads

OPACITY = 0.6
SAID = "The outline is where the segmenter finds the lesion"


@pytest.fixture(scope="module", autouse=True)
def _rivals(rival_models: Path) -> Iterator[None]:
    with models_in(rival_models):
        yield


def _hill(analysis: Analysis) -> LesionMask:
    """Sure in the middle, half sure around it, and nowhere near the edge."""
    height, width = analysis.mask.probability.shape
    probability = np.zeros((height, width), np.float32)
    probability[height // 4 : -height // 4, width // 4 : -width // 4] = 0.5
    probability[height // 3 : -height // 3, width // 3 : -width // 3] = 1
    return LesionMask(probability)


def _limb(analysis: Analysis) -> LesionMask:
    """Over the edge on three sides."""
    probability = np.zeros_like(analysis.mask.probability)
    probability[:, : probability.shape[1] // 2] = 1
    return LesionMask(probability)


def _given(app: AppTest, mask: LesionMask | None = None, *, strange: bool = False) -> Upload:
    """A lesion on the page, with this mask instead of the one that was found."""
    if not uploads(app):
        bring(app, lesion(1))
    (upload,) = uploads(app)
    for wanted, analysis in list(upload.analyses.items()):
        prediction = replace(analysis.prediction, in_distribution=not strange)
        upload.analyses[wanted] = replace(analysis, mask=mask or _hill(analysis), prediction=prediction)
    upload.drawn.clear()
    checked(app.run())
    return upload


def _said(app: AppTest) -> str:
    return " ".join(line.value.replace("\\", "") for line in (*app.markdown, *app.caption))


def _slide(app: AppTest, percent: int) -> None:
    next(slider for slider in app.slider if slider.label == "Mask threshold").set_value(percent)
    checked(app.run())


def test_on_analyse_it_follows_the_threshold() -> None:
    app = opened("analyse.py")
    upload, seen = _given(app), []
    for percent in (20, 80):
        _slide(app, percent)
        measured, heatmap = upload.drawn["measured"][1], upload.drawn["heatmap"][1]
        assert heatmap == screen.heatmap_jpeg(measured, measured.prediction.top, OPACITY, measured.mask)
        seen.append(heatmap)
    assert seen[0] != seen[1]
    assert SAID in _said(app)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_of_a_strange_picture_none_that_leaves_it_is_drawn_or_spoken_of(is_trusted: bool) -> None:
    app = opened("analyse.py")
    first = next(iter(_given(app).analyses.values()))
    limb = _limb(first)
    upload = _given(app, limb, strange=not is_trusted)
    measured = upload.drawn["measured"][1]
    expected = screen.heatmap_jpeg(measured, measured.prediction.top, OPACITY, measured.mask if is_trusted else None)
    assert upload.drawn["heatmap"][1] == expected
    assert (SAID in _said(app)) == is_trusted


def test_on_explain_every_map_has_it() -> None:
    app = opened("explain.py")
    upload = _given(app)
    (analysis,) = upload.analyses.values()
    made = {asked.method: explanation for asked, explanation in upload.maps.items()}
    assert len(made) > 5
    for method, explanation in made.items():
        unit = lab_words.unit(method)
        expected = screen.small_evidence_jpeg(
            analysis.case, explanation, explanation.peak, OPACITY, analysis.mask, unit
        )
        assert upload.drawn[f"map {method}"][1] == expected
    assert SAID in _said(app)


def test_on_compare_all_have_the_same() -> None:
    app = opened("compare.py")
    upload = _given(app)
    first, *_ = upload.analyses.values()
    with_it = upload.drawn["compared"][1]
    assert len(with_it) == 2
    assert SAID in _said(app)
    _given(app, LesionMask(np.zeros_like(first.mask.probability)))
    assert all(one != other for one, other in zip(with_it, upload.drawn["compared"][1], strict=True))
    assert SAID not in _said(app)


def test_on_shortcuts_it_goes_with_the_lesion_and_away_with_it() -> None:
    app = opened("shortcuts.py")
    upload = _given(app)
    plain = upload.drawn["as it is"][1]
    target, scale, unit = plain.prediction.top, shared_scale(plain.explanations), lab_words.unit(GRAD_CAM)
    for place, title in (
        ("as it is", "As it is"),
        ("under moved", "Lesion moved"),
        ("under background", "Background only"),
    ):
        analysis = upload.drawn[place][1]
        outline = analysis.mask if analysis.mask.box else None
        expected = screen.small_evidence_jpeg(
            analysis.case, analysis.explanation(target), scale, OPACITY, outline, unit
        )
        assert upload.drawn[f"heatmap {title}"][1] == expected
    assert upload.drawn["under background"][1].mask.box is None
    assert "The outline upon a heatmap is the lesion as the segmenter found it" in _said(app)
