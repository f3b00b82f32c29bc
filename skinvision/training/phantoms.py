"""A data folder of synthetic lesions, each named by the one feature that was drawn into it.

``python -m skinvision.training.phantoms OUT --pictures 3000``. A network that learns from it has to look at the
feature, for nothing else tells the classes apart; and where the feature is, is known.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import cv2
import pandas as pd
from tqdm import tqdm

from skinvision import phantom
from skinvision.errors import DataRejected

HEIGHT, WIDTH = 192, 256
_VAL, _TEST = 0.1, 0.1  # the last seeds are those of the test pictures


def write_phantoms(out: Path, pictures: int, height: int = HEIGHT, width: int = WIDTH) -> None:
    """Write ``pictures`` phantoms, drawn from the seeds 0, 1, …, with ``images/`` and ``metadata.csv``.

    Args:
        out: is made.
        height, width: of the pictures, px.

    Raises:
        DataRejected: ``out`` is there already.
    """
    if out.exists():
        raise DataRejected("a folder that is to be made", f"{out}, which is there", "give another name")
    (out / "images").mkdir(parents=True)
    rows = [
        {"image_id": f"p{seed}", "dx": _write(out, seed, height, width), "split": split}
        for seed, split in tqdm(enumerate(_splits(pictures)), total=pictures, desc="drawing")
    ]
    pd.DataFrame(rows).to_csv(out / "metadata.csv", index=False)


def _splits(pictures: int) -> Iterable[str]:
    val, test = round(_VAL * pictures), round(_TEST * pictures)
    return ["train"] * (pictures - val - test) + ["val"] * val + ["test"] * test


def _write(out: Path, seed: int, height: int, width: int) -> str:
    """The feature of the phantom that was written."""
    drawn = phantom.lesson(seed, height, width)
    cv2.imwrite(str(out / "images" / f"p{seed}.png"), drawn.image[..., ::-1])
    return drawn.feature


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m skinvision.training.phantoms", description="Draw synthetic lesions to learn from."
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make")
    parser.add_argument("--pictures", type=int, default=3000, metavar="N", help="how many (default: 3000)")
    options = parser.parse_args()
    try:
        write_phantoms(options.out, options.pictures)
    except DataRejected as error:
        raise SystemExit(f"{parser.prog}: {error}") from error


if __name__ == "__main__":
    main()
