"""What hostile files do to the core and to the running app: nothing but what is written beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from skinvision.errors import ImageRejected
from skinvision.intake import read_case
from skinvision.pipeline import Analyser
from skinvision.render import report
from skinvision.render.overlays import encode_png
from skinvision.types import Case
from skinvision.ui.session import literal
from tests.extras import PATIENT
from tests.hostile import CORPUS, NAMES, SECRET, Hostile
from tests.pages import bring, checked, headers, models_in, opened, uploads

pytestmark = [
    pytest.mark.timeout(120),  # for what hangs
    pytest.mark.filterwarnings("ignore::UserWarning"),  # Pillow's, about EXIF
]
SMALL = tuple(each for each in CORPUS if not each.is_vast)
PER_PAGE = 12


@pytest.fixture(scope="module")
def analyser(tiny_models: Path) -> Iterator[Analyser]:
    with models_in(tiny_models):
        yield Analyser.load()


def _outcome(data: bytes) -> Case | ImageRejected:
    try:
        return read_case(data)
    except ImageRejected as error:
        return error


def test_the_corpus_is_large_and_its_names_are_different() -> None:
    assert len(CORPUS) == len({each.name for each in CORPUS}) >= 60


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_each_input_has_its_outcome(hostile: Hostile) -> None:
    outcome = _outcome(hostile.make())
    if isinstance(outcome, ImageRejected):
        assert hostile.size is None, str(outcome)
        assert outcome.expected.startswith(hostile.expected)
        assert hostile.expected
        assert hostile.got in outcome.got
        assert len(outcome.remedy) > 10
    else:
        assert outcome.image.shape == (*(hostile.size or ()), 3)
        assert outcome.notes[: len(hostile.notes)] == hostile.notes


@pytest.mark.parametrize("hostile", [each for each in SMALL if each.size], ids=lambda hostile: hostile.name)
def test_what_is_accepted_is_analysed_and_tells_nothing_of_a_person(hostile: Hostile, analyser: Analyser) -> None:
    case = read_case(hostile.make())
    analysis = analyser.analyse(case)
    assert analysis.mask.probability.shape == hostile.size
    told = (
        repr(case)
        + report.encode(report.document("lesion", analysis)).decode()
        + encode_png(case.image).decode("latin-1")
    )
    assert json.loads(report.encode(report.document("lesion", analysis)))["status"] == "ok"
    assert not [word for word in (*SECRET.split(), *PATIENT.values()) if word in told]


@pytest.mark.usefixtures("analyser")
def test_the_app_has_a_sentence_for_each_that_is_refused() -> None:
    refused = [each for each in SMALL if not each.size]
    app = opened()
    bring(app, *((each.file_name, each.make(), "image/jpeg") for each in refused))
    assert len(uploads(app)) == len(refused)
    shown = [error.value for error in app.error]
    for page in range(2, -(-len(refused) // PER_PAGE) + 1):
        app.get("pagination")[0].set_value(page)
        shown += [error.value for error in checked(app.run()).error]
    sentences = [literal(str(_outcome(each.make()))) for each in refused]
    assert shown == [f"Not analysed: {sentence}." for sentence in sentences]
    assert not app.get("plotly_chart")


@pytest.mark.usefixtures("analyser")
def test_the_app_has_a_result_for_each_that_is_accepted_whatever_its_name() -> None:
    files = {each.make(): each.file_name for each in SMALL if each.size}
    named = [each.make() for each in SMALL if each.name.startswith("file name")]
    app = opened()
    bring(app, *((name, data, "image/png") for data, name in files.items()))
    shown, charts = headers(app), len(app.get("plotly_chart"))
    for page in range(2, -(-len(files) // PER_PAGE) + 1):
        app.get("pagination")[0].set_value(page)
        shown += headers(checked(app.run()))
        charts += len(app.get("plotly_chart"))
        assert not app.error
    assert all(upload.analyses and not upload.reason for upload in uploads(app))
    assert len(uploads(app)) == len(shown) == charts == len(files)
    assert [shown[list(files).index(data)] for data in named] == [literal(name) for name in NAMES.values()]


@pytest.mark.usefixtures("analyser")
def test_the_app_has_a_result_for_each_of_the_largest() -> None:
    app = opened()
    for each in CORPUS:
        if each.is_vast and each.size:
            bring(app, (each.file_name, each.make(), "image/png"))
            (upload,) = uploads(app)
            assert upload.analyses, f"{each.name}: {upload.reason}"
            assert len(app.get("plotly_chart")) == 1
