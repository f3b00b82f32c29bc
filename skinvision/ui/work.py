"""From uploads to analyses. What is done is never done again; what is under way survives a rerun of the page."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

from streamlit.runtime.scriptrunner import StopException

from skinvision.errors import ImageRejected
from skinvision.intake import read_case
from skinvision.methods import METHODS
from skinvision.pipeline import Analyser, Told, submit_mask
from skinvision.types import Analysis, Case
from skinvision.ui import models, session
from skinvision.ui.session import Asked, Upload, Wanted
from skinvision.worker import WORKER, Ahead, listening

if TYPE_CHECKING:  # matplotlib comes with it
    from skinvision.faithfulness import References

T = TypeVar("T")
V = TypeVar("V")
_LOG = logging.getLogger(__name__)
_FAULT = "something went wrong here that is not the picture's fault; whoever runs this program finds it in its log"
_READERS = BoundedSemaphore(2)  # a large picture needs several times its size while it is read
MOST_PIXELS = 400_000_000  # some 3 GB with their outlines
_SHARE = 0.75  # of them, for one visitor, so that there is always something for another one
_HELD: WeakSet[Case] = WeakSet()
_HOLDING = Lock()
_AHEAD = 2  # keeps the one worker busy, and leaves room between for other visitors


def finish(uploads: Iterable[Upload], analyser: Analyser, wanted: Wanted) -> Iterator[Upload]:
    """Read and analyse ``uploads``; each is given out, in their order, once it is done.

    A picture that was analysed at another stage by the same models only has its maps made anew.

    Raises:
        Busy: the queue is full.
    """
    queue: deque[Upload] = deque()
    for upload in uploads:
        while queue and WORKER.is_full:  # room comes first to whoever has waited longest
            yield _ended(queue.popleft(), analyser, wanted)
        _begin(upload, analyser, wanted)
        queue.append(upload)
        if len(queue) > _AHEAD:
            yield _ended(queue.popleft(), analyser, wanted)
    while queue:
        yield _ended(queue.popleft(), analyser, wanted)


def compare(upload: Upload, wanted: Iterable[Wanted], segmenters: Iterable[str]) -> Iterator[None]:
    """Read one upload, analyse it as each of ``wanted``, then have its lesion found by each of ``segmenters``.

    It stops after each step. Only the models of the steps still to be done are loaded.

    Raises:
        UnknownName, WeightsRejected: as ``models.loaded``.
        Busy: as ``finish``.
    """
    _read(upload)
    for each in wanted:
        if not upload.is_done(each):
            _ended(upload, models.analyser(each.segmenter, each.classifier), each)
        yield
    for name in segmenters:
        _find(upload, name)
        yield


def attribute(upload: Upload, asked: Asked, told: Told | None = None) -> None:
    """Have a map made of an upload that is analysed; ``told`` as for ``Analyser.attribute``."""
    if asked not in upload.maps:
        analyser = models.analyser(asked.wanted.segmenter, asked.wanted.classifier)
        analysis = upload.analyses[asked.wanted]
        upload.maps[asked] = analyser.attribute(analysis, asked.method, asked.stage, asked.target, told)


def examine(upload: Upload, asked: Asked, told: Told | None = None, *, in_full: bool = False) -> None:
    """Put a map that is made to the test; ``told`` and ``in_full`` as for ``Analyser.examine``."""
    found = upload.findings.get(asked)
    if found is None or (in_full and found.randomised is None):
        analyser = models.analyser(asked.wanted.segmenter, asked.wanted.classifier)
        analysis, known = upload.analyses[asked.wanted], references(upload, asked)
        upload.findings[asked] = analyser.examine(analysis, upload.maps[asked], known, told, in_full=in_full)


def references(upload: Upload, asked: Asked) -> References | None:
    """What maps have to beat, where it was found for another map of the same class and grain by the same models."""
    same = (found for key, found in upload.findings.items() if _like(key) == _like(asked))
    return next((found.compared.references for found in same if found.compared), None)


def _like(asked: Asked) -> tuple[Wanted, str, str]:
    return asked.wanted, asked.target, METHODS[asked.method].grain(asked.stage)


def _begin(upload: Upload, analyser: Analyser, wanted: Wanted) -> None:
    _read(upload)
    upload.cancel(but=wanted)  # what was wanted before
    if upload.case is None or upload.is_done(wanted) or wanted in upload.waiting:
        return
    upload.waiting[wanted] = _submitted(upload, upload.case, analyser, wanted)


def _submitted(upload: Upload, case: Case, analyser: Analyser, wanted: Wanted) -> Future[Analysis]:
    if known := _by_the_same_models(upload, wanted):
        return analyser.submit_explained(known, wanted.stage)
    return analyser.submit(case, wanted.stage, mask=upload.masks.get(wanted.segmenter))


def _read(upload: Upload) -> None:
    data = upload.data
    if upload.case is not None or upload.reason:
        return
    try:
        with _READERS:
            upload.case = _kept(read_case(data))
    except ImageRejected as error:
        upload.reason = str(error)
    upload.data = b""


def _kept(case: Case) -> Case:
    """``case``, if there is room for it beside all that this visitor has brought, and all visitors together.

    Raises:
        ImageRejected: there is none.
    """
    own = [upload.case for upload in session.uploads().values() if upload.case]
    with _HOLDING:
        for whose, others, most in (
            ("one visitor", own, _SHARE * MOST_PIXELS),
            ("all visitors together", _HELD, MOST_PIXELS),
        ):
            if sum(each.height * each.width for each in (*others, case)) > most:
                expected = f"at most {most / 1e6:.0f} megapixels of {whose}"
                raise ImageRejected(expected, "more", "remove pictures that are done, then bring this one again")
        _HELD.add(case)
    return case


def _by_the_same_models(upload: Upload, wanted: Wanted) -> Analysis | None:
    models = (wanted.segmenter, wanted.classifier)
    same = (analysis for key, analysis in upload.analyses.items() if (key.segmenter, key.classifier) == models)
    return next(same, None)


@contextmanager
def waiting(uploads: Iterable[Upload], told: Ahead) -> Iterator[None]:
    """Within it, ``told`` hears the place in the queue. Whoever closes the page leaves the queue; a rerun of the page
    goes on with what waits there.
    """
    try:
        with listening(told):
            yield
    except StopException:
        for upload in uploads:
            upload.cancel()
        raise


def _ended(upload: Upload, analyser: Analyser, wanted: Wanted) -> Upload:
    if upload.case is None or upload.is_done(wanted):
        return upload
    future = _over(upload.waiting, wanted, partial(_submitted, upload, upload.case, analyser, wanted))
    if (analysis := _made(upload, future)) is not None:
        upload.analyses[wanted] = analysis
        upload.masks.setdefault(wanted.segmenter, analysis.mask)
    return upload


def _made(upload: Upload, future: Future[V]) -> V | None:
    """What a call gave; None of a fault, which is logged and told beside the picture."""
    if fault := future.exception():
        _LOG.error("a picture could not be analysed", exc_info=fault)
        upload.reason = _FAULT
        return None
    return future.result()


def _over(queue: dict[T, Future[V]], key: T, submit: Callable[[], Future[V]]) -> Future[V]:
    """What waits in a ``queue`` under a ``key``, once it is over.

    Where nothing waits there, or a closed page of the same session has just taken it out, it is submitted again.
    """
    while True:
        future = queue.get(key) or queue.setdefault(key, submit())
        WORKER.wait(future)
        queue.pop(key, None)
        if not future.cancelled():
            return future


def _find(upload: Upload, segmenter: str) -> None:
    if upload.case is None or upload.reason or segmenter in upload.masks:
        return
    submit = partial(submit_mask, models.loaded(segmenter), upload.case)
    if (mask := _made(upload, _over(upload.segmenting, segmenter, submit))) is not None:
        upload.masks[segmenter] = mask
