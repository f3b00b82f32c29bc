from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from skinvision.errors import UnknownName
from skinvision.render.report import document, encode, heatmap_png, mask_png, overlay_png, rejected
from tests.samples import HASHES, LABELS, PROBABILITIES, sample_analysis

FIELDS = [
    "source",
    "status",
    "reason",
    "notes",
    "quality",
    "prediction",
    "prediction_set",
    "in_distribution",
    "ood_score",
    "mask",
    "explanation",
    "models",
    "timings_ms",
    "weights_sha256",
]


def read(line: bytes) -> dict[str, Any]:
    assert b"\n" not in line
    return json.loads(line)


def pixels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


def test_every_field_of_an_analysed_picture() -> None:
    analysis = sample_analysis()
    found = read(encode(document("a/b.png", analysis)))
    assert list(found) == FIELDS
    assert list(found["prediction"]) == list(LABELS)
    assert list(found["prediction"].values()) == pytest.approx(PROBABILITIES)
    del found["prediction"]
    assert found == {
        "source": "a/b.png",
        "status": "ok",
        "reason": None,
        "notes": ["scaled from 16 bits"],
        "quality": ["blurred"],
        "prediction_set": ["mel", "bkl"],
        "in_distribution": True,
        "ood_score": 12.5,
        "mask": {"area_fraction": 0.125, "box": [8, 8, 24, 24]},
        "explanation": {
            "target": "mel",
            "method": "grad-cam",
            "stage": "stage4",
            "peak": 2.0,
            "lesion_share": pytest.approx(analysis.explanation("mel").lesion_share),
        },
        "models": {"segmenter": "unet", "classifier": "resnet50"},
        "timings_ms": {"segment": 20.0, "classify": 30.0},
        "weights_sha256": {"segmenter": HASHES["segmentation"], "classifier": HASHES["classification"]},
    }


def test_rejected_picture_has_the_same_fields_and_a_reason() -> None:
    found = read(encode(rejected("x.gif", "expected a picture, got a shopping list; upload a picture")))
    assert list(found) == FIELDS
    assert found.pop("source") == "x.gif"
    assert found.pop("status") == "rejected"
    assert found.pop("reason") == "expected a picture, got a shopping list; upload a picture"
    assert all(value in (None, [], {}) for value in found.values())


def test_what_does_not_exist_is_null() -> None:
    found = read(encode(document("x", sample_analysis(lesion=None), target="vasc")))
    assert found["mask"] == {"area_fraction": 0, "box": None}
    assert found["explanation"]["target"] == "vasc"
    assert found["explanation"]["peak"] == 0
    assert found["explanation"]["lesion_share"] is None


def test_unknown_target_is_refused() -> None:
    with pytest.raises(UnknownName):
        document("x", sample_analysis(), target="freckle")


def test_mask_file_is_white_where_the_lesion_is() -> None:
    mask = pixels(mask_png(sample_analysis()))
    assert mask.shape == (32, 64)
    assert np.unique(mask).tolist() == [0, 255]
    assert (mask[8:24, 8:24] == 255).all()
    assert mask.mean() == 255 / 8


def test_overlay_file_is_drawn_around_the_lesion_only() -> None:
    overlay = pixels(overlay_png(sample_analysis()))
    assert overlay.shape == (32, 64, 3)
    assert (overlay[:, 32:] == 128).all()
    assert (overlay[16, 16] != 128).all()


def test_heatmap_file_is_the_picture_above_its_colour_bar() -> None:
    heatmap = pixels(heatmap_png(sample_analysis()))
    assert heatmap.shape[0] > 32
    assert (heatmap[16, 16] != 128).all()
    assert (heatmap[:32, 40:64] == 128).all()
    np.testing.assert_array_equal(pixels(heatmap_png(sample_analysis(), "vasc"))[:32, :64], 128)
