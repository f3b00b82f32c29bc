"""One analysis as one picture to download: photograph, mask, heatmap, probabilities and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

import numpy as np
from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from skinvision.card import ModelCard
from skinvision.geometry import resize
from skinvision.render import words
from skinvision.render.fonts import drawable, font, is_readable
from skinvision.render.overlays import colour_bar, encode_png, map_overlay, mask_overlay, shared_scale
from skinvision.types import Analysis

_DISCLAIMER = "skinvision: teaching only, not a diagnosis"
_BARS_CAPTION = "Calibrated probabilities. Pale: outside the set; orange: explained"
_INSIDE, _GAP, _COLUMN, _TALLEST = 1520, 34, 484, 720
_WIDEST = 2.2  # pictures wider than this many heights lie below each other
_PAPER, _INK, _QUIET, _ALARM = (255, 255, 255), (28, 28, 30), (95, 95, 100), (178, 60, 0)
_BARS = 760
_BLUE, _PALE_BLUE = (0, 114, 178), (153, 199, 224)
_VERMILLION, _PALE_VERMILLION = (213, 94, 0), (238, 191, 153)


def panel(analysis: Analysis, card: ModelCard, target: str, opacity: float, title: str) -> bytes:
    """The whole analysis as one PNG, 1600 px wide.

    Args:
        card: of the classifier.
        target: the explained label.
        opacity: of tint and heatmap, in [0, 1].
        title: what the picture is called.

    Raises:
        UnknownName: no such label.
    """
    width = _INSIDE - _BARS - _GAP
    name = title if is_readable(PurePath(title).stem) else f"Picture {analysis.case.sha256[:8]}"
    sentences = [_text(sentence, width, 26, colour) for sentence, colour in _said(analysis, card, target)]
    blocks = [
        _text(name, _INSIDE, 42, _INK),
        _text(_DISCLAIMER, _INSIDE, 26, _ALARM),
        _pictures(analysis, card, target, opacity),
        _beside([_bars(analysis, card, target), _below(sentences, 18)], _GAP),
        _text(_made_with(analysis, target), _INSIDE, 20, _QUIET),
    ]
    return encode_png(np.pad(np.asarray(_below(blocks, 26)), ((40, 40), (40, 40), (0, 0)), constant_values=255))


def _said(analysis: Analysis, card: ModelCard, target: str) -> Iterable[tuple[str, tuple[int, int, int]]]:
    """The sentences with their colours, the warning first."""
    warning = words.outlier_warning(analysis.prediction, card)
    if warning:
        yield warning, _ALARM
    yield words.prediction_set_sentence(analysis.prediction, card), _INK
    if record := words.track_record(analysis.prediction, card):
        yield record, _INK
    yield words.evidence_sentence(analysis, card, target), _INK
    if lines := words.lines_note(words.outline(analysis, card), analysis.explanation(target)):
        yield lines, _QUIET
    if notice := words.outline_notice(analysis.mask, card):
        yield notice, _QUIET
    for note in words.notes(analysis.case):
        yield note, _QUIET


def _made_with(analysis: Analysis, target: str) -> str:
    explanation = analysis.explanation(target)
    return (
        f"Mask: {analysis.segmenter.name} ({analysis.segmenter.sha256[:8]}), threshold {analysis.mask.threshold:.2f}.  "
        f"Diagnosis: {analysis.classifier.name} ({analysis.classifier.sha256[:8]}).  "
        f"Heatmap: {words.method_title(explanation.method)} at {words.stage_title(explanation.stage)}."
    )


def _pictures(analysis: Analysis, card: ModelCard, target: str, opacity: float) -> Image.Image:
    """Photograph, mask and heatmap with their captions; the heatmap with its colour bar."""
    explanation, scale = analysis.explanation(target), shared_scale(analysis.explanations)
    height, width = analysis.case.image.shape[:2]
    panorama = width > _WIDEST * height
    column = _INSIDE if panorama else _COLUMN
    ratio = min(column / width, _TALLEST / height)
    image = resize(analysis.case.image, max(round(height * ratio), 1), max(round(width * ratio), 1))
    heatmap = map_overlay(image, explanation, scale, opacity, words.outline(analysis, card))
    bar = Image.fromarray(colour_bar(_COLUMN, scale, explanation.peak))
    captions = ("Picture", words.mask_alt(analysis, card), f"Evidence for {card.title_of(target)}")
    masked = image if words.held_back(analysis.mask, card) else mask_overlay(image, analysis.mask, opacity)
    drawn = (image, masked, heatmap)
    cells = [
        _below([_text(caption, column, 24, _INK), Image.fromarray(picture)], 10)
        for caption, picture in zip(_even(captions, column), drawn, strict=True)
    ]
    cells[-1] = _below([cells[-1], bar], 4)
    return _below(cells, 20) if panorama else _beside(cells, _GAP)


def _even(captions: Sequence[str], width: int) -> list[str]:
    """``captions`` with blank lines added, so that all have as many lines and the pictures start level."""
    counts = [len(_lines(caption, width, font(24))) for caption in captions]
    return [caption + "\n" * (max(counts) - count) for caption, count in zip(captions, counts, strict=True)]


def _bars(analysis: Analysis, card: ModelCard, target: str) -> Image.Image:
    """The calibrated probabilities, in the colours of ``charts.probability_chart``."""
    prediction, row, names, numbers = analysis.prediction, 46, 370, 90
    canvas = Image.new("RGB", (_BARS, row * len(prediction.labels)), _PAPER)
    draw, letters = ImageDraw.Draw(canvas), font(21)
    for index, label in enumerate(sorted(prediction.labels, key=prediction.probability, reverse=True)):
        share, middle = prediction.probability(label), row * (index + 0.5)
        chosen = label in prediction.prediction_set
        blue, vermillion = (_BLUE, _VERMILLION) if chosen else (_PALE_BLUE, _PALE_VERMILLION)
        end = names + max((_BARS - names - numbers) * share, 2)
        name = "\n".join(_lines(card.title_of(label), names - 12, letters))
        draw.text((names - 12, middle), name, _INK, letters, anchor="rm", spacing=0, align="right")
        draw.rectangle((names, middle - 14, end, middle + 14), vermillion if label == target else blue)
        draw.text((end + 10, middle), words.percent(share), _INK, letters, anchor="lm")
    return _below([_text(_BARS_CAPTION, _BARS, 22, _QUIET), canvas], 12)


def _text(text: str, width: int, size: int, colour: tuple[int, int, int]) -> Image.Image:
    """``text`` in lines that fit ``width``."""
    letters = font(size)
    lines = _lines(text, width, letters)
    canvas = Image.new("RGB", (width, round(size * 1.3) * len(lines)), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, line in enumerate(lines):
        draw.text((0, round(size * 1.3) * index), line, colour, letters)
    return canvas


def _lines(text: str, width: int, letters: FreeTypeFont) -> list[str]:
    """``text`` broken between words, and within a word where it is wider than a line."""
    lines: list[str] = []
    for paragraph in drawable(text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if letters.getlength(longer) <= width:
                line = longer
            else:
                *full, line = [line, *_broken(word, width, letters)] if line else _broken(word, width, letters)
                lines += full
        lines.append(line)
    return lines


def _broken(word: str, width: int, letters: FreeTypeFont) -> list[str]:
    """``word`` in pieces that fit ``width``: one, unless it is longer than a line."""
    pieces = [""]
    for letter in word:
        if letters.getlength(pieces[-1] + letter) <= width:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def _below(images: Sequence[Image.Image], gap: int) -> Image.Image:
    height = sum(image.height for image in images) + gap * (len(images) - 1)
    canvas = Image.new("RGB", (max(image.width for image in images), height), _PAPER)
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height + gap
    return canvas


def _beside(images: Sequence[Image.Image], gap: int) -> Image.Image:
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    canvas = Image.new("RGB", (width, max(image.height for image in images)), _PAPER)
    left = 0
    for image in images:
        canvas.paste(image, (left, 0))
        left += image.width + gap
    return canvas
