"""The ways in: files, a folder, the camera, and synthetic lesions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st
from streamlit.typing import UploadedFile

from skinvision.formats import in_words
from skinvision.ui import session
from skinvision.ui.session import Upload, key

_FILES = "{}, one or many. Pictures are kept in memory alone, never stored."
_FOLDER = "All pictures in a folder and the folders within. What is not a picture is named and left out."
_CAMERA = "Fill the frame with the lesion and hold still."


def show(*, folds: bool = False) -> None:
    """The widgets that bring pictures. What they bring goes to the session.

    Args:
        folds: whether they are out of the way where there is a picture, on pages that show one.
    """
    if not folds:
        _show()
        return
    had = bool(session.uploads())
    with st.expander("Bring a picture", icon=":material/add_photo_alternate:", expanded=not had):
        _show()
    if session.uploads() and not had:
        st.rerun()


def _show() -> None:
    ways, sample = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with ways:
        _ways_in()
    with sample, st.container(key="sample"):
        st.markdown("**No picture at hand?**")
        if st.button("Try a synthetic lesion", icon=":material/draw:", type="primary", width="stretch"):
            session.add([_synthetic(session.count("synthetic"))])
        st.caption("Drawn by a program, of no real person. Each click draws another one.")


def _ways_in() -> None:
    """Only the open tab is run: a browser asks for the camera when its widget appears, not before."""
    files, folder, camera = st.tabs(["Pictures", "Folder", "Camera"], key=key("ways"), on_change="rerun")
    if files.open:
        with files:
            _uploader(_FILES.format(in_words()), "files", True)
    if folder.open:
        with folder:
            _uploader(_FOLDER, "folder", "directory")
    if camera.open:
        with camera:
            photo = st.camera_input(_CAMERA, key=key("camera"))
            _take([photo] if photo else [], "Camera photo {}")


def _uploader(label: str, name: str, multiple: Literal[True, "directory"]) -> None:
    """An uploader whose new files go to the session, and whose withdrawn files leave it.

    Going to another page and back empties an uploader; that withdraws nothing.
    """
    widget = key(name)
    files = st.file_uploader(label, accept_multiple_files=multiple, key=widget, on_change=_changed, args=(widget,))
    _take(files)
    listed = {session.seen_files()[file.file_id] for file in files}
    for sha256 in st.session_state.pop(f"{widget}_before", set()) - listed:
        session.remove(sha256)
    st.session_state[f"{widget}_listed"] = listed


def _changed(widget: str) -> None:
    st.session_state[f"{widget}_before"] = st.session_state.get(f"{widget}_listed", set())


def _take(files: Sequence[UploadedFile], name: str = "") -> None:
    """Put the files that are new into the session, under their own names or a numbered ``name``."""
    seen = session.seen_files()
    new = {
        file.file_id: Upload.of(name.format(session.count(name)) if name else file.name, file.getvalue())
        for file in files
        if file.file_id not in seen
    }
    seen.update({file_id: upload.sha256 for file_id, upload in new.items()})
    session.add(new.values())


def _synthetic(seed: int) -> Upload:
    """A synthetic lesion, which comes in as the bytes of a file like all others."""
    from skinvision.phantom import draw  # they import OpenCV
    from skinvision.render.overlays import encode_png

    return Upload.of(f"Synthetic lesion {seed}", encode_png(draw(seed).image), synthetic=True)
