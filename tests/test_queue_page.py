"""What a visitor meets while others wait: a place in the queue, a kind sentence where it is full, and a way out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, Timer
from weakref import ref

import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from skinvision.pipeline import Analyser
from skinvision.types import Analysis, LesionMask
from skinvision.ui import frame, session, work
from skinvision.ui.session import Upload, Wanted
from skinvision.worker import MOST_WAITING, WORKER, listening
from tests.pages import NOT_A_PICTURE, alts, bring, checked, click, lesion, models_in, opened, uploads

WANTED = Wanted("unet", "resnet50", "stage4")


@pytest.fixture(scope="module", autouse=True)
def _tiny_models(tiny_models: Path) -> Iterator[None]:
    with models_in(tiny_models):
        yield


@contextmanager
def others(count: int) -> Iterator[Event]:
    """The calls of ``count`` others, which end when the event is set, and at the end at the latest."""
    gate = Event()
    calls = [WORKER.submit(gate.wait, 60) for _ in range(count)]
    try:
        yield gate
    finally:
        gate.set()
        for call in calls:
            call.result(60)


def _texts(app: AppTest) -> str:
    return " ".join(markdown.value for markdown in app.markdown)


def _upload(seed: int) -> Upload:
    name, data, _ = lesion(seed)
    return Upload.of(name, data)


def test_beyond_the_bound_the_page_asks_to_wait_and_loses_nothing() -> None:
    app = opened()
    with others(MOST_WAITING):
        bring(app, NOT_A_PICTURE, lesion(1), lesion(2))
        assert "**0** pictures analysed, **1** could not be, **2** not yet. Many pictures" in _texts(app)
        assert not alts(app, "Grad-CAM")
        assert [info.value for info in app.info] == ["Not analysed yet."] * 2
    click(app, "Go on")
    assert "**2** pictures analysed, **1** could not be" in _texts(app)
    assert len(alts(app, "Grad-CAM")) == 2


@pytest.mark.parametrize("page", ["compare.py", "explain.py", "believe.py", "shortcuts.py"])
def test_other_pages_ask_to_try_again(page: str) -> None:
    app = opened(page)
    with others(MOST_WAITING):
        bring(app, lesion(1))
        assert "Nothing is lost" in _texts(app)
        assert not app.error
    click(app, "Try again")
    assert "Nothing is lost" not in _texts(app)
    assert alts(app, "")


def test_a_new_picture_is_analysed_while_others_are_held() -> None:
    app = opened()
    with others(MOST_WAITING):
        bring(app, lesion(1))
    bring(app, lesion(1), lesion(2))
    assert "**1** picture analysed, **1** not yet" in _texts(app)


def test_whoever_waits_hears_the_place_in_the_queue() -> None:
    heard: list[int] = []
    analyser = Analyser.load()
    with others(4) as gate:

        def told(ahead: int) -> None:
            heard.append(ahead)
            gate.set()

        uploads = [_upload(1), _upload(2)]
        with listening(told):
            assert list(work.finish(uploads, analyser, WANTED)) == uploads
    assert heard[0] == 4
    assert all(WANTED in upload.analyses for upload in uploads)


def test_a_full_queue_lets_the_own_pictures_through_one_by_one() -> None:
    analyser, uploads = Analyser.load(), [_upload(seed) for seed in (1, 2, 3)]
    with others(MOST_WAITING - 1) as gate:
        Timer(0.5, gate.set).start()
        assert list(work.finish(uploads, analyser, WANTED)) == uploads
    assert all(WANTED in upload.analyses for upload in uploads)


def test_held_pictures_leave_the_queue_and_come_back() -> None:
    analyser, upload = Analyser.load(), _upload(1)
    with others(1):
        waiting = _waiting(upload, analyser)
        session.uploads()[upload.sha256] = upload
        session.hold([upload.sha256, "of one that is gone"], WANTED)
        session.remove(upload.sha256)
        assert waiting.cancelled()
        assert not upload.waiting
    upload.held = False
    list(work.finish([upload], analyser, WANTED))
    assert WANTED in upload.analyses


def test_whoever_closes_the_page_leaves_the_queue_at_once() -> None:
    analyser, uploads = Analyser.load(), [_upload(1), _upload(2)]

    def stop(_: int) -> None:
        futures.extend(future for upload in uploads for future in upload.waiting.values())
        raise StopException

    for begin in (lambda: work.finish(uploads, analyser, WANTED), lambda: work.compare(uploads[0], [WANTED], [])):
        futures: list[Future[Analysis]] = []
        with others(1), pytest.raises(StopException), work.waiting(uploads, stop):
            list(begin())
        assert futures
        assert all(future.cancelled() for future in futures)


def test_a_closed_page_of_the_session_takes_nothing_from_an_open_one() -> None:
    """The old run of a page is told to end, and gives up what the new one, which has begun, waits for."""
    analyser, uploads = Analyser.load(), [_upload(1), _upload(2)]
    waits, overtaken = Event(), Event()

    def ends(_: int) -> None:
        waits.set()
        assert overtaken.wait(60)
        raise StopException

    def old() -> None:
        with suppress(StopException), work.waiting(uploads, ends):
            list(work.finish(uploads, analyser, WANTED))

    with others(1) as gate:
        page = Thread(target=old)
        page.start()
        assert waits.wait(60)

        def begun(_: int) -> None:
            overtaken.set()
            page.join(60)
            gate.set()

        with work.waiting(uploads, begun):
            assert list(work.finish(uploads, analyser, WANTED)) == uploads
    assert all(WANTED in upload.analyses for upload in uploads)
    assert not any(upload.waiting for upload in uploads)


def test_what_is_no_longer_wanted_leaves_the_queue() -> None:
    analyser, upload = Analyser.load(), _upload(1)
    with others(1) as gate:
        before = _waiting(upload, analyser)
        Timer(0.2, gate.set).start()
        list(work.finish([upload], analyser, replace(WANTED, stage="stage3")))
    assert before.cancelled()
    assert [wanted.stage for wanted in upload.analyses] == ["stage3"]
    assert not upload.waiting


def test_who_changes_back_waits_for_the_first_alone() -> None:
    analyser, upload = Analyser.load(), _upload(1)
    with others(1) as gate:
        first = _waiting(upload, analyser)
        second = upload.waiting[replace(WANTED, stage="stage3")] = analyser.submit(upload.case, "stage3")
        Timer(0.2, gate.set).start()
        list(work.finish([upload], analyser, WANTED))
    assert second.cancelled()
    assert upload.analyses == {WANTED: first.result()}
    assert not upload.waiting


def test_the_other_pages_tell_the_place_in_the_queue_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is new under the slider waits like a picture that was uploaded, and in the end nothing speaks of it."""
    app = opened("shortcuts.py")
    bring(app, lesion(1))
    app.get("button_group")[-1].set_value("Add an artefact")
    checked(app.run())
    app.slider[0].set_value(90)
    told: list[int] = []
    with others(3) as gate:

        def queued(ahead: int) -> str:
            told.append(ahead)
            gate.set()
            return f"{ahead} ahead"

        monkeypatch.setattr(frame, "queued", queued)
        checked(app.run())
    assert told[0] == 3
    assert not [caption for caption in app.caption if "ahead" in caption.value]


def test_a_fault_in_one_picture_leaves_the_others_alone() -> None:
    analyser, uploads = Analyser.load(), [_upload(1), _upload(2)]
    broken: Future[Analysis] = WORKER.submit(lambda: 1 / 0)  # type: ignore[arg-type]
    uploads[0].waiting[WANTED] = broken
    list(work.finish(uploads, analyser, WANTED))
    assert "not the picture's fault" in uploads[0].reason
    assert not uploads[0].waiting
    assert WANTED in uploads[1].analyses


def test_all_visitors_together_hold_so_much_only(monkeypatch: pytest.MonkeyPatch) -> None:
    analyser, uploads = Analyser.load(), [_upload(seed) for seed in (1, 2, 3)]
    gc.collect()
    others = sum(case.height * case.width for case in tuple(work._HELD))
    monkeypatch.setattr(work, "MOST_PIXELS", others + 2 * 96 * 128)
    list(work.finish(uploads, analyser, WANTED))
    assert [bool(upload.reason) for upload in uploads] == [False, False, True]
    assert "of all visitors together" in uploads[2].reason
    del uploads[0]
    gc.collect()
    late = _upload(4)
    list(work.finish([late], analyser, WANTED))
    assert not late.reason


@pytest.mark.parametrize("page", ["analyse.py", "explain.py", "believe.py", "shortcuts.py", "compare.py"])
def test_what_is_cleared_is_forgotten(page: str) -> None:
    app = opened(page)
    bring(app, lesion(1))
    cases = [ref(upload.case) for upload in uploads(app)]
    checked(click(app, "Clear everything").run())
    gc.unfreeze()  # what the runs of this test runner leave has cycles
    gc.collect()
    assert [case() for case in cases] == [None]


def test_one_visitor_does_not_take_the_room_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    others = sum(case.height * case.width for case in tuple(work._HELD))
    each = 96 * 128
    monkeypatch.setattr(work, "MOST_PIXELS", others + 20 * each)
    monkeypatch.setattr(work, "_SHARE", 2.5 * each / work.MOST_PIXELS)
    app = opened()
    bring(app, *(lesion(seed) for seed in (1, 2, 3)))
    refused = [upload.reason for upload in uploads(app) if upload.reason]
    assert len(refused) == 1
    assert "megapixels of one visitor" in refused[0]
    other = opened()
    bring(other, lesion(4))
    assert not [upload.reason for upload in uploads(other) if upload.reason]


def test_who_was_refused_for_want_of_room_may_bring_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened()
    monkeypatch.setattr(work, "MOST_PIXELS", 0)
    bring(app, lesion(1))
    assert "**1** could not be" in _texts(app)
    monkeypatch.undo()
    bring(app, lesion(1), lesion(1))
    assert "**1** picture analysed" in _texts(app)
    assert len(alts(app, "Grad-CAM")) == 1


def test_a_fault_of_a_segmenter_alone_is_told_beside_the_picture() -> None:
    upload = _upload(1)
    broken: Future[LesionMask] = WORKER.submit(lambda: 1 / 0)  # type: ignore[arg-type]
    upload.segmenting["unet"] = broken
    assert len(list(work.compare(upload, [], ["unet"]))) == 1
    assert "not the picture's fault" in upload.reason
    assert not upload.masks


def _leave(_: int) -> None:
    raise InterruptedError


def _waiting(upload: Upload, analyser: Analyser) -> Future[object]:
    """What waits for ``upload`` in the queue."""
    with pytest.raises(InterruptedError), listening(_leave):
        list(work.finish([upload], analyser, WANTED))
    (future,) = upload.waiting.values()
    return future
