"""Split a data folder by image, which is wrong: ``python -m skinvision.training.by_image DATA OUT``.

Pictures of one lesion then lie on both sides, and a network is tested on lesions that it knows. Trained on such a
folder and on the right one, the same network shows how many points the leak adds.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from skinvision.errors import DataRejected
from skinvision.training.data import read_table


def split_by_image(folder: Path, out: Path) -> float:
    """Write a folder whose splits are as large as those of ``folder``, in each diagnosis, with the pictures drawn anew.

    The pictures are not copied but linked. The column ``lesion_id``, which forbids such a split, is left out: intervals
    of figures on the new folder take all pictures for independent.

    Args:
        out: is made.

    Returns:
        How large a part of the pictures outside of ``train`` show a lesion that is in ``train`` too; NaN where that is
        not known.

    Raises:
        DataRejected: ``folder`` has not the layout, no split ``train``, or ``out`` is there already.
    """
    read_table(folder, "train")
    lesions = {sample.image_id: sample.lesion_id for sample in read_table(folder)}
    if out.exists():
        raise DataRejected("a folder that is to be made", f"{out}, which is there", "give another name")
    table = pd.read_csv(folder / "metadata.csv", dtype=str, keep_default_na=False)
    chance = np.random.default_rng(0)
    table["split"] = table.groupby("dx")["split"].transform(lambda splits: chance.permutation(splits.to_numpy()))
    out.mkdir(parents=True)
    (out / "images").symlink_to((folder / "images").resolve())
    table.drop(columns=["lesion_id", "group"], errors="ignore").to_csv(out / "metadata.csv", index=False)
    shown, is_train = table["image_id"].map(lesions), table["split"] == "train"
    return float(shown[~is_train].isin(shown[is_train]).mean()) if shown.all() else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m skinvision.training.by_image", description="Split a folder by image, to show the leak."
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder split by lesion")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make")
    options = parser.parse_args()
    try:
        known = split_by_image(options.data, options.out)
    except DataRejected as error:
        raise SystemExit(f"{parser.prog}: {error}") from error
    if not math.isnan(known):
        sys.stdout.write(f"{known:.0%} of the pictures outside of train show a lesion that is in train too.\n")


if __name__ == "__main__":
    main()
