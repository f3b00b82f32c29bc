"""The visitors of the load test: what they see, how they are judged, and two of them at once at a real server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from benchmarks.crowd import Tried, Visit, crowd, picture, stream
from benchmarks.load import errors, ready, times, wrong_results
from benchmarks.screen import Screen
from benchmarks.visitor import Picture, Result

PICTURE = Picture("lesion.jpg", b"")
RESULT = Result((b"picture", b"mask", b"heatmap"), "{}", {"source": "lesion.jpg", "prediction": {"nv": 0.5}})


def _visit(result: Result | None, error: str = "") -> Visit:
    return Visit(PICTURE, Tried(0.1, None, ""), Tried(1.0, result, error))


def _text(body: str, *place: int) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(place)
    message.delta.new_element.text.body = body
    return message


def _block(*place: int) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(place)
    message.delta.add_block.SetInParent()
    return message


def _run(screen: Screen, name: str, *messages: ForwardMsg) -> list[str]:
    """The texts on the page after a run of the script."""
    first = ForwardMsg()
    first.metadata.run.script_run_id = name
    first.new_session.initialize.session_id = "a session"
    for message in (first, *messages, ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)):
        screen.take(message)
    return [text.body for text in screen.all("text")]


def test_elements_are_seen_from_top_to_bottom_and_the_last_one_at_a_place_counts() -> None:
    messages = [_text("below", 0, 10), _text("waiting", 0, 2), _text("done", 0, 2)]
    assert _run(Screen(), "first", *messages) == ["done", "below"]


def test_an_element_takes_the_place_of_a_block_and_of_what_is_in_it() -> None:
    screen = Screen()
    assert _run(screen, "first", _block(0, 1), _text("inside", 0, 1, 0)) == ["inside"]
    assert _run(screen, "second", _block(0, 1), _text("inside", 0, 1, 0), _text("instead", 0, 1)) == ["instead"]


def test_what_a_run_did_not_put_there_goes() -> None:
    screen = Screen()
    _run(screen, "first", _text("stays", 0, 0), _text("goes", 0, 1))
    assert _run(screen, "second", _text("stays", 0, 0)) == ["stays"]


def test_what_was_sent_once_may_be_named_by_its_hash() -> None:
    screen, whole = Screen(), _text("long", 0, 0)
    whole.hash, whole.metadata.cacheable = "abc", True
    _run(screen, "first", whole)
    assert screen.known == ["abc"]
    named = ForwardMsg(ref_hash="abc")
    named.metadata.delta_path.extend([0, 3])
    assert _run(screen, "second", named, _text("above", 0, 1)) == ["above", "long"]


@pytest.mark.parametrize(
    "other",
    [
        replace(RESULT, document=RESULT.document | {"prediction": {"nv": 0.5000000000000001}}),
        replace(RESULT, images=(b"picture", b"mask", b"heatmaq")),
        replace(RESULT, chart="[]"),
    ],
)
def test_a_result_is_wrong_by_its_last_bit(other: Result) -> None:
    right = {"lesion.jpg": RESULT}
    assert wrong_results([_visit(RESULT), _visit(other)], right) == 1


def test_an_error_is_no_wrong_result() -> None:
    failed = _visit(None, "TimeoutError: no answer")
    assert wrong_results([failed], {"lesion.jpg": RESULT}) == 0
    assert errors([_visit(RESULT), failed]) == ["TimeoutError: no answer"]


def test_times_are_the_median_and_the_95th_percentile() -> None:
    assert [figure.value for figure in times("page", range(101))] == [50, 95]
    assert times("page", []) == []


def test_two_visitors_at_once_get_what_each_gets_alone(weights: Path) -> None:
    assert weights.is_dir()
    with ready() as server:
        alone = stream(server.address, [0, 1])
        with crowd(server.address, [picture(0), picture(1)]) as together:
            assert not errors([*alone, *together])
    right = {visit.picture.name: visit.result.value for visit in alone}
    assert right["lesion-0.jpg"] != right["lesion-1.jpg"]
    assert wrong_results(together, right) == 0
    assert together[1].result.value.document["source"] == "lesion-1.jpg"
