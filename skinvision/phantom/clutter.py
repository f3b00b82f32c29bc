"""What lies between the lesion and the camera: hairs, gel bubbles, a scale, the dermatoscope's frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

INK = np.array([0.07, 0.06, 0.07], np.float32)


def add_hairs(dice: np.random.Generator, image: Picture, count: int) -> None:
    """``count`` hairs, long and curved or short and shaved, each with a faint shadow."""
    height, width = image.shape[:2]
    scale = min(height, width) / 450
    shaved = dice.uniform() < 0.35
    colour = np.array([0.21, 0.15, 0.12], np.float32) * np.float32(dice.uniform(0.5, 1.6))
    main = dice.uniform(0, np.pi)
    canvas = np.zeros((2 * height, 2 * width), np.uint8)
    for _ in range(count):
        length = scale * (dice.uniform(12, 30) if shaved else dice.uniform(150, 480))
        points = _curl(dice, (width, height), main + dice.normal(0, 0.45), length, 0.25 if shaved else 1.0)
        thick = max(1, round(2 * scale * dice.uniform(0.7, 1.5 if not shaved else 2.4)))
        cv2.polylines(canvas, [np.rint(2 * 16 * points).astype(np.int32)], False, 255, thick, cv2.LINE_AA, shift=4)
    cover = _cover(canvas)
    shadow = cv2.GaussianBlur(np.roll(cover, (2, 2), (0, 1)), (0, 0), 2.5 * scale)
    image *= 1 - 0.25 * shadow[..., None]
    image += 0.88 * cover[..., None] * (colour - image)


def add_bubbles(dice: np.random.Generator, image: Picture, count: int) -> None:
    """``count`` bubbles: a dark rim, a bright rim inside it and a glint."""
    height, width = image.shape[:2]
    scale = min(height, width) / 450
    soft = max(1.1 * scale, 0.7)
    for _ in range(count):
        centre, radius = dice.uniform(0, 1, 2) * (height, width), scale * dice.uniform(4, 16)
        y, x = centre.astype(int)
        reach = int(radius + 4 * soft) + 1
        top, left = max(y - reach, 0), max(x - reach, 0)
        window = image[top : y + reach, left : x + reach]
        window[...] = _bubble(window, (centre[0] - top, centre[1] - left), radius, soft)


def _bubble(window: Picture, centre: tuple[float, float], radius: float, soft: float) -> Picture:
    rows, columns = np.ogrid[: window.shape[0], : window.shape[1]]
    y, x = centre
    distance = np.hypot(rows - y, columns - x).astype(np.float32)
    rim = np.exp(-(((distance - radius) / soft) ** 2))[..., None]
    inner = np.exp(-(((distance - radius + 2 * soft) / soft) ** 2))[..., None]
    apart = np.hypot(rows - y + 0.4 * radius, columns - x + 0.4 * radius).astype(np.float32)
    glint = np.exp(-((apart / (0.18 * radius + soft)) ** 2))[..., None]
    darker = window * (1 - 0.22 * rim)
    return np.asarray(darker + (0.25 * inner + 0.75 * glint) * (1 - darker), np.float32)


def add_ruler(dice: np.random.Generator, image: Picture) -> None:
    """A printed millimetre scale along the left or the lower edge, numbered in centimetres."""
    height, width = image.shape[:2]
    scale = min(height, width) / 450
    upright, slant = dice.uniform() < 0.5, dice.uniform(-0.02, 0.02)
    spacing, offset = scale * dice.uniform(18, 26), scale * dice.uniform(8, 14)
    canvas = np.zeros((2 * height, 2 * width), np.uint8)

    def place(out: float, along: float) -> tuple[float, float]:
        """x, y of a point ``out`` px from the edge."""
        out += offset + slant * along
        return (out, along) if upright else (along, height - out)

    for tick in range(int((height if upright else width) / spacing) + 1):
        reach = scale * (28 if tick % 10 == 0 else 20 if tick % 5 == 0 else 12)
        ends = np.rint(2 * 16 * np.array([place(0, tick * spacing), place(reach, tick * spacing)])).astype(np.int32)
        cv2.polylines(canvas, [ends], False, 255, max(1, round(3 * scale)), cv2.LINE_AA, shift=4)
        if tick % 10 == 0 and tick > 0:
            _number(canvas, tick // 10, place(reach + 14 * scale, tick * spacing), scale)
    image += 0.85 * _cover(canvas)[..., None] * (INK - image)


def _number(canvas: NDArray[np.uint8], value: int, middle: tuple[float, float], scale: float) -> None:
    size, thick, font = 1.3 * scale, max(1, round(3 * scale)), cv2.FONT_HERSHEY_SIMPLEX
    (wide, high), _ = cv2.getTextSize(str(value), font, size, thick)
    corner = (round(2 * middle[0] - wide / 2), round(2 * middle[1] + high / 2))
    cv2.putText(canvas, str(value), corner, font, size, 255, thick, cv2.LINE_AA)


def _cover(canvas: NDArray[np.uint8]) -> Picture:
    """(H, W) in [0, 1] from a canvas of twice the size."""
    height, width = canvas.shape[0] // 2, canvas.shape[1] // 2
    return np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255), np.float32)


def shade(dice: np.random.Generator, image: Picture, strength: float, spared: NDArray[np.bool_]) -> None:
    """Darker towards the corners; at ``strength`` 1 black outside a circle that does not cut ``spared`` (H, W)."""
    height, width = image.shape[:2]
    centre = (0.5 + dice.uniform(-0.02, 0.02, 2)) * (height, width)
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows - centre[0], columns - centre[1]).astype(np.float32)
    needed = float(distance[spared].max()) * 1.04
    radius = max(max(height, width) * dice.uniform(0.46, 0.54), needed)
    blur = radius * np.float32(0.015 + 0.6 * (1 - strength))
    edge = np.clip((distance - radius) / blur + 0.5, 0, 1)
    edge = edge * edge * (3 - 2 * edge)
    falloff = 1 - 0.09 * (distance / radius) ** 2
    image *= ((1 - strength * edge * 0.97) * falloff)[..., None]


def _curl(
    dice: np.random.Generator, size: tuple[int, int], towards: float, length: float, curl: float
) -> NDArray[np.float64]:
    """(24, 2) points x, y of a smooth curve of ``length`` px whose middle lies in the picture, turning as it goes."""
    along = np.linspace(-0.5, 0.5, 24)
    bend, twist = curl * dice.normal(0, 0.9), curl * dice.normal(0, 1.2)
    angle = towards + bend * along + twist * along**2
    path = np.stack([np.cos(angle), np.sin(angle)], axis=1).cumsum(axis=0) * length / len(along)
    return np.asarray(path - path[12] + dice.uniform(0, 1, 2) * size, np.float64)
