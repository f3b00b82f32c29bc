"""Folders of labelled pictures: the table, and all pictures decoded once into one array.

A folder holds ``images/``, ``metadata.csv`` (image_id, dx, split and possibly lesion_id and ``GROUPS``) and, for
segmentation, ``masks/<image_id>.png`` (white is lesion).
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from skinvision.errors import DataRejected, ImageRejected
from skinvision.formats import SUFFIXES
from skinvision.geometry import resize
from skinvision.intake import read_case
from skinvision.replacing import replacing
from skinvision.types import Case

SPLITS = ("train", "val", "test")
GROUPS = ("age_approx", "sex", "anatom_site_general", "diagnosis_confirm_type")  # the archive's names
_COLUMNS = ("image_id", "dx")


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of the table: where the picture and its mask are, its diagnosis ("" if unknown) and its split.

    Attributes:
        lesion_id: of the table, or its ``group``; "" where it is not known which pictures show the same lesion.
        groups: what the table says in the columns ``GROUPS``, as far as it has them.
    """

    image_id: str
    dx: str
    split: str
    image: Path
    mask: Path
    lesion_id: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Splits:
    """The samples of a data folder by split; ``test`` may be empty."""

    train: tuple[Sample, ...]
    val: tuple[Sample, ...]
    test: tuple[Sample, ...]

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Splits:
        """``samples`` by what their table calls their split."""
        samples = tuple(samples)
        return cls(*(tuple(s for s in samples if s.split == split) for split in ("train", "val", "test")))


def read_table(folder: Path, split: str | None = None) -> tuple[Sample, ...]:
    """The samples of a folder, or of one of its splits, in the order of the table.

    Raises:
        DataRejected: no table, a missing column, a row without its picture, a picture with two rows, a lesion in two
            splits, or no row in the split.
    """
    path = folder / "metadata.csv"
    if not path.is_file():
        raise DataRejected(f"a table at {path}", "no file", "give a folder with images/ and metadata.csv")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:  # pandas' own errors and those of the encoding are ValueErrors
        raise DataRejected(f"a table of comma-separated values in UTF-8 at {path}", str(error), "mend it") from error
    missing = [column for column in (*_COLUMNS, *(["split"] if split else [])) if column not in table]
    if missing:
        raise DataRejected(f"columns {', '.join(_COLUMNS)}", f"no {', '.join(missing)}", f"add them to {path}")
    if table.empty:
        raise DataRejected(f"a row for each picture in {path}", "none", "add them")
    if "split" not in table:
        table["split"] = ""
    if "lesion_id" not in table:
        table["lesion_id"] = table.get("group", "")  # pictures of which it is likely at least
    files = images(folder / "images")
    absent = [image_id for image_id in table["image_id"] if image_id not in files]
    if absent:
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        raise DataRejected("a picture per row", f"none for {absent[0]}{more}", "add the pictures")
    _check_once(table)
    rows = table.to_dict("records")
    samples = tuple(_sample(row, folder, files) for row in rows if split in (None, row["split"]))
    if not samples:
        raise DataRejected(
            f"rows of the split {split!r}", f"splits {sorted(set(table['split']))}", "choose one of them"
        )
    return samples


def _sample(row: Mapping[str, str], folder: Path, files: Mapping[str, Path]) -> Sample:
    name = row["image_id"]
    groups = {column: row[column] for column in GROUPS if column in row}
    mask = folder / "masks" / f"{name}.png"
    return Sample(name, row["dx"], row["split"], files[name], mask, row["lesion_id"], groups)


_SYNONYMS = {"melanoma": "mel", "nevus": "nv", "seborrheic_keratosis": "bkl"}  # of ISIC 2017, in HAM10000


def called(samples: Iterable[Sample], labels: Sequence[str]) -> tuple[Sample, ...]:
    """``samples`` with the diagnoses of other data sets called as in ``labels``, where they are among ``_SYNONYMS``."""
    names = {name: label for name, label in _SYNONYMS.items() if name not in labels and label in labels}
    return tuple(replace(sample, dx=names.get(sample.dx, sample.dx)) for sample in samples)


def among(labels: Sequence[str], samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Those of ``samples`` whose diagnosis is among ``labels``, also by another name, as ``called``."""
    return tuple(sample for sample in called(samples, labels) if sample.dx in labels)


def images(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their names without suffix.

    Raises:
        DataRejected: there is no such folder, or two pictures have one name.
    """
    if not folder.is_dir():
        raise DataRejected(f"pictures in {folder}", "no such folder", "put them there")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    files = {path.stem: path for path in paths}
    if len(files) < len(paths):
        twice = next(path.stem for path in paths if files[path.stem] != path)
        raise DataRejected("one picture per name", f"several files called {twice}", "keep one of them")
    return files


def _check_once(table: pd.DataFrame) -> None:
    """A picture has one row, and the same lesion must not lie on both sides of a split."""
    twice = table["image_id"][table["image_id"].duplicated()]
    if len(twice):
        raise DataRejected("one row per picture", f"several for {twice.iloc[0]}", "keep one of them")
    known = table[table["lesion_id"] != ""]
    splits = known.groupby("lesion_id")["split"].nunique()
    if (splits > 1).any():
        lesion = splits.idxmax()
        raise DataRejected("each lesion in one split", f"{lesion} in {splits.max()}", "move all its pictures to one")


def at_most_per_class(samples: tuple[Sample, ...], limit: int) -> tuple[Sample, ...]:
    """The first ``limit`` samples of each class, in the order of a seeded shuffle."""
    shuffled = random.Random(0).sample(samples, k=len(samples))
    seen: Counter[str] = Counter()
    taken = []
    for sample in shuffled:
        seen[sample.dx] += 1
        if seen[sample.dx] <= limit:
            taken.append(sample)
    return tuple(taken)


def read_labelled(path: Path) -> Case:
    """A picture of a data set, through the gate that uploads go through.

    Raises:
        DataRejected: the gate refuses it.
    """
    try:
        return read_case(path.read_bytes())
    except ImageRejected as error:
        raise DataRejected(f"{error.expected} at {path}", error.got, "replace it, or take its row away") from error


def read_image(sample: Sample) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) uint8."""
    return read_labelled(sample.image).image


def read_mask(sample: Sample) -> NDArray[np.uint8]:
    """The true mask as (H, W) uint8, 255 inside the lesion.

    Raises:
        DataRejected: no mask for this picture, or one without white whose lesion is in another value.
    """
    if not sample.mask.is_file():
        raise DataRejected(f"a mask at {sample.mask}", "no file", "segmentation needs a mask for each picture")
    mask = read_labelled(sample.mask).image[:, :, 0]
    if mask.max() < 128:
        stored = cv2.imread(str(sample.mask), cv2.IMREAD_UNCHANGED)  # what a mask in 16 bits has is lost in ``mask``
        if stored is not None and 0 < stored.max() < (128 if stored.dtype == np.uint8 else 1 << 15):
            raise DataRejected(f"white for the lesion in {sample.mask}", f"at most {stored.max()}", "scale the masks")
    return mask


def decode_all(
    samples: Iterable[Sample],
    read: Callable[[Sample], NDArray[np.uint8]],
    size: tuple[int, int],
    cache: Path,
    name: str,
) -> NDArray[np.uint8]:
    """All samples read once and resized to ``size`` (height, width), as one uint8 array (N, height, width, …).

    The array is kept as a file in ``cache`` and mapped into memory when the same pictures are asked for again under the
    same ``name``, which tells apart all that ``read`` depends on.
    """
    samples = tuple(samples)
    path = cache / f"{name}-{size[0]}x{size[1]}-{_fingerprint(samples)}.npy"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor() as threads:
            decoded = threads.map(lambda sample: resize(read(sample), *size), samples)
            stacked = np.stack(list(tqdm(decoded, total=len(samples), desc=f"decoding {path.stem}")))
        with replacing(path) as (beside,), beside.open("wb") as file:
            np.save(file, stacked)
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise DataRejected(f"decoded pictures at {path}", str(error), "take the file away") from error
    return array


def _fingerprint(samples: tuple[Sample, ...]) -> str:
    paths = (path for sample in samples for path in (sample.image, sample.mask) if path.is_file())
    rows = (f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
