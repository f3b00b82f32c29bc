"""The pages as Streamlit's own test runner draws them: what a visitor does there, and what is seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from skinvision.phantom import draw
from skinvision.render.overlays import encode_png
from skinvision.ui.session import Upload

ROOT = Path(__file__).parents[1]
NOT_A_PICTURE = ("notes.txt", b"not a picture", "text/plain")


def opened(page: str = "") -> AppTest:
    """The first page, or the one in the file ``page`` below ``pages``, drawn."""
    app = checked(AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run())
    return checked(app.switch_page(f"pages/{page}").run()) if page else app


def checked(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def forget_models() -> None:
    """What was loaded goes; what is being loaded in the background first comes."""
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join()
    st.cache_resource.clear()


@contextmanager
def models_in(folder: Path) -> Iterator[None]:
    """Within it all pages find the models of ``folder``, and what they loaded goes when it ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(folder))
        forget_models()
        yield
        forget_models()


@cache
def lesion(seed: int) -> tuple[str, bytes, str]:
    return (f"lesion {seed}.png", encode_png(draw(seed, height=96, width=128).image), "image/png")


def bring(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    app.file_uploader[0].set_value(list(files))
    return checked(app.run())


def select(app: AppTest, label: str, value: str) -> AppTest:
    next(box for box in app.selectbox if box.label == label).set_value(value)
    return checked(app.run())


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return checked(app.run())


def uploads(app: AppTest) -> list[Upload]:
    return list(app.session_state["uploads"].values())


def alts(app: AppTest, beginning: str) -> list[str]:
    """The alternative texts of the pictures that begin so."""
    found = [image.proto.imgs[0].alt for image in app.image]
    return [alt for alt in found if alt.startswith(beginning)]


def headers(app: AppTest) -> list[str]:
    return [header.value for header in app.header]
