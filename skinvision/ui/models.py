"""Cards and networks, loaded once for all sessions, and the warm-up that loads them before anyone needs them."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st

from skinvision import catalogue
from skinvision.card import ModelCard, Task
from skinvision.compiler import without_compiler
from skinvision.errors import SkinvisionError, WeightsRejected
from skinvision.render.leaderboard import titles
from skinvision.ui import server

if TYPE_CHECKING:  # they import torch
    from skinvision.models.registry import LoadedModel
    from skinvision.pipeline import Analyser

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN_S = 60.0
_visited = threading.Event()


@st.cache_resource(show_spinner=False)
def names(task: Task) -> tuple[str, ...]:
    """As ``catalogue.names``, read once.

    Raises:
        WeightsRejected: there is no model for the task, or a card is not of this version's form.
    """
    found = catalogue.names(task)
    if not found:
        raise WeightsRejected(f"a card for {task} in the folder {catalogue.folder().name}", "none", "restore its files")
    return found


@st.cache_resource(show_spinner=False)
def card(name: str) -> ModelCard:
    """As ``catalogue.read_card``, read once: it has to agree with the network that was loaded."""
    return catalogue.read_card(name)


@st.cache_resource(show_spinner=False)
def study() -> tuple[ModelCard, ...]:
    """As ``catalogue.study``, read once."""
    return catalogue.study()


@st.cache_resource(show_spinner=False)
def widths(classifier: str) -> dict[str, int]:
    """As ``Analyser.widths``, found out once."""
    return analyser(names("segmentation")[0], classifier).widths()


@st.cache_resource(show_spinner=False)
def title(name: str) -> str:
    """What the model is called on a page; with its name where another one for its task has the same title."""
    return titles(map(card, names(card(name).task)))[name]


def analyser(segmenter: str, classifier: str) -> Analyser:
    """An ``Analyser`` of the networks that all sessions share.

    Raises:
        UnknownName, WeightsRejected: as ``Analyser.load``.
    """
    from skinvision.pipeline import Analyser  # torch takes seconds to import

    return Analyser(loaded(segmenter), loaded(classifier))


@st.cache_resource(show_spinner="Loading the networks …")
def loaded(name: str) -> LoadedModel:
    """As ``pipeline.ready``, once: every analyser of the model has the same network.

    By OpenVINO where it is installed and may be used, unless ``SKINVISION_ENGINE`` names another engine.
    """
    from skinvision.pipeline import ready

    model = ready(name, os.environ.get("SKINVISION_ENGINE") or ("openvino" if find_spec("openvino") else "torch"))
    if model.why_torch:
        _LOG.warning("%s is run by torch: %s", name, model.why_torch)
    return model


def engine(name: str) -> str:
    """By what a loaded model is run."""
    return loaded(name).engine_name


def warm_up() -> None:
    """Load what the first analysis needs, in the background; later calls do nothing."""
    _visited.set()
    _warming()


@st.cache_resource(show_spinner=False)
def _warming() -> threading.Thread:
    # Filling a cache is all that the thread does with Streamlit, which would warn that no page is listening.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    server.settle()
    thread = threading.Thread(target=_load, name="warm-up")
    thread.start()
    return thread


def _load() -> None:
    gc.disable()  # while modules are imported there is little to collect, and much to look through: a fifth of the time
    try:
        import skinvision.ui.gallery  # noqa: F401  (with it come OpenCV and plotly)

        with without_compiler():
            analyser(names("segmentation")[0], names("classification")[0])
        import torch.fx.experimental.symbolic_shapes  # noqa: F401  (SymPy, which a map's first gradient asks for)
    except SkinvisionError as error:
        _LOG.error("%s", error)
        return  # the page tells it to whoever brings a picture
    finally:
        gc.enable()
    # Streamlit collects garbage after every rerun. Frozen, the objects of torch, which stay anyway, cost it no time.
    # The little garbage among them stays too: to look for it now would hold up the first picture.
    gc.freeze()
    _keep_frozen()


@cache
def _keep_frozen() -> threading.Thread:
    """Sessions that were there when all was frozen would never be collected, nor their pictures: so look again.

    What a session that is over held is thus gone after its time to come back and two looks, at most.
    """
    thread = threading.Thread(target=_freeze_anew, name="keep-frozen", daemon=True)
    thread.start()
    return thread


def _freeze_anew() -> None:
    while True:
        time.sleep(_LOOK_AGAIN_S)
        was_visited = _visited.is_set()
        _visited.clear()
        if server.forget_the_gone() or was_visited:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
