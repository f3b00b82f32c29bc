"""What is known of the data sets that the shipped models learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skinvision.card import Dataset

_KNOWN = {
    "ham10000": (
        "HAM10000",
        "CC BY-NC 4.0",
        "Tschandl, Rosendahl, Kittler 2018, Sci. Data 5:180161; ViDIR Group, Medical University of Vienna",
        "By lesion, stratified by diagnosis, 75 / 10 / 15 %: one lesion never sits in two splits.",
    ),
    "isic2017": (
        "ISIC 2017 challenge, with 144 pictures of ISIC 2018 task 1",
        "CC-0",
        "Codella et al. 2018, arXiv:1710.05006",
        "The official split; 11 near-duplicates of validation or test pictures taken out of train.",
    ),
    "clinical": (
        "A part of SD-198",
        "research use only",
        "Sun, Yang, Sun, Wang 2016",
        "By neighbouring picture numbers, 70 / 10 / 20 %. Patients are not known by number: the same one in two splits "
        "is unlikely but not excluded.",
    ),
}
_KNOWN["phantoms"] = (
    "Synthetic lesions",
    "Apache-2.0",
    "drawn by python -m skinvision.training.phantoms",
    "By seed: no lesion is drawn twice.",
)
_KNOWN["ham10000-by-image"] = (*_KNOWN["ham10000"][:3], "By image, on purpose: the same lesion lies in several splits.")
_UNKNOWN = ("unknown: ask its owner", "unknown: ask its owner", "As the column split of metadata.csv says.")


def describe(folder: Path, counts: Mapping[str, int]) -> Dataset:
    """The data set in ``folder``, known by the folder's name, with its pictures by split."""
    name, licence, attribution, split = _KNOWN.get(folder.name, (folder.name, *_UNKNOWN))
    return Dataset(name, licence, attribution, split, dict(counts))
