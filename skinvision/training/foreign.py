"""Pictures that are not dermoscopy, to measure how well they are noticed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data as skimage_data
from sklearn.datasets import load_sample_images

from skinvision.errors import DataRejected
from skinvision.training.data import Sample, images, read_labelled, read_table
from skinvision.types import Case

_CROP = 256


_BACKGROUND = 600


def foreign_sets(folders: Iterable[Path], without: Iterable[Sample] = ()) -> dict[str, list[Case]]:
    """Named sets of foreign pictures.

    Args:
        folders: more sets, called as their folders, each with ``images/``.
        without: pictures that are left out, because something is fitted to them.

    Returns:
        ``photographs`` (crops of the pictures bundled with scikit-image and scikit-learn), ``textures`` (plain
        patterns) and the folders' pictures.

    Raises:
        DataRejected: a folder without pictures, or with a name that another set has.
    """
    sets = {"photographs": [_case(crop) for crop in _photographs()], "textures": [_case(t) for t in _textures()]}
    left_out = {sample.image for sample in without}
    for folder in folders:
        cases = [read_labelled(path) for path in images(folder / "images").values() if path not in left_out]
        if folder.name in sets or not cases:
            got = "one that is taken" if cases else "no picture"
            raise DataRejected(f"pictures in {folder}, under a name of its own", got, "give another folder")
        sets[folder.name] = cases
    return sets


def background_of(folder: Path | None) -> tuple[Sample, ...]:
    """At most 600 pictures of the split ``train`` of a folder, drawn with a seed; none without a folder.

    Raises:
        DataRejected: as ``read_table``.
    """
    if folder is None:
        return ()
    samples = read_table(folder, "train")
    return tuple(random.Random(0).sample(samples, k=min(len(samples), _BACKGROUND)))


def _photographs() -> Iterator[NDArray[np.uint8]]:
    bundled = [skimage_data.astronaut(), skimage_data.coffee(), skimage_data.chelsea(), skimage_data.rocket()]
    for picture in (*bundled, *load_sample_images().images):
        for y in range(0, picture.shape[0] - _CROP + 1, _CROP // 2):
            for x in range(0, picture.shape[1] - _CROP + 1, _CROP // 2):
                yield picture[y : y + _CROP, x : x + _CROP]


def _textures() -> Iterator[NDArray[np.uint8]]:
    """Noise, stripes, checks, gradients and single colours, 20 of each, in random colours; seeded."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:_CROP, 0:_CROP] / _CROP
    for _ in range(20):
        frequency, angle = rng.uniform(2, 40), rng.uniform(0, np.pi)
        along = x * np.cos(angle) + y * np.sin(angle)
        patterns = (
            rng.random((_CROP, _CROP)),
            np.sin(2 * np.pi * frequency * along) / 2 + 0.5,
            (np.floor(x * frequency) + np.floor(y * frequency)) % 2,
            (along - along.min()) / np.ptp(along),
            np.zeros((_CROP, _CROP)),
        )
        for pattern in patterns:
            first, second = rng.uniform(0, 255, (2, 3))
            yield (first + pattern[..., None] * (second - first)).astype(np.uint8)


def _case(image: NDArray[np.uint8]) -> Case:
    image = np.ascontiguousarray(image)
    return Case(image, hashlib.sha256(image.tobytes()).hexdigest())
