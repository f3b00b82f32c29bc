"""What several test modules share: tiny networks of our own, written and read by the real registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import save_tiny


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained ``unet`` and ``resnet50``."""
    folder = tmp_path_factory.mktemp("tiny_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(folder))
        save_tiny("segmentation")
        save_tiny("classification")
    return folder


@pytest.fixture
def weights(tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of ``tiny_models`` as the one that the registry reads; not to be written to."""
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(tiny_models))
    return tiny_models


@pytest.fixture
def own_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the registry reads and writes, not made yet, for one test."""
    folder = tmp_path / "weights"
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(folder))
    return folder
