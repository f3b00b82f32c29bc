"""What several test modules share: tiny networks, also as graphs, synthetic lesions to learn from, and start files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import timm
import torchvision

from skinvision.models.engines import export
from skinvision.models.registry import load
from skinvision.phantom import Feature
from tests.lessons import start_file, write_lesions
from tests.tiny import FULL, save_rivals, save_tiny


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained ``unet`` and ``resnet50``."""
    folder = tmp_path_factory.mktemp("tiny_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(folder))
        save_tiny("segmentation")
        save_tiny("classification")
    return folder


@pytest.fixture(scope="session")
def rival_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two untrained segmenters, ``unet`` and ``deeplabv3plus``, and two classifiers, with ``rival``."""
    folder = tmp_path_factory.mktemp("rival_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(folder))
        save_tiny("segmentation")
        save_tiny("classification")
        save_rivals()
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


@pytest.fixture(scope="session")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 synthetic lesions to learn from and 8 to validate on; those with vessels are ``vasc``, the others ``nv``."""
    kinds: tuple[tuple[str, Feature], ...] = (("nv", "network"), ("vasc", "vessels"))
    lesions = ((*kinds[seed % 2], "train" if seed < 16 else "val") for seed in range(24))
    return write_lesions(tmp_path_factory.mktemp("lesions"), lesions, height=64, width=64)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A start file for the encoder of ``SEGMENTER``, under timm's own names."""
    return start_file(tmp_path_factory, timm.create_model("test_resnet"))


@pytest.fixture(scope="session")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A start file for ``CLASSIFIER``, under torchvision's own names."""
    return start_file(tmp_path_factory, torchvision.models.resnet18())


@pytest.fixture(scope="session")
def exported_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ``unet`` and a ``resnet50``, exported, whose cards let OpenVINO run them in full precision."""
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(folder))
        for task in ("segmentation", "classification"):
            export(load(save_tiny(task, parity=FULL).name))  # type: ignore[arg-type]
    return folder


@pytest.fixture
def exported(exported_once: Path, own_weights: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(exported_once, own_weights))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A chromium without a window; for a module alone, as Playwright's loop is in the way of other loops."""
    from tests.browsing import launched

    with launched() as chromium:
        yield chromium
