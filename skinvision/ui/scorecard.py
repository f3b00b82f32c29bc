"""A model's held-out figures, training and limits, as its card tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from skinvision.card import ModelCard
from skinvision.methods import METHODS
from skinvision.render import evidence_charts as charts
from skinvision.render import lab_words
from skinvision.render.inside_charts import insides_chart
from skinvision.render.interval_charts import SweepMeasure, contest_chart, recall_chart, sweep_chart
from skinvision.render.tables import contest_rows
from skinvision.render.words import percent
from skinvision.reports import ClassificationReport, MethodReport, SegmentationReport, Sweep
from skinvision.ui import groups
from skinvision.ui.cards import sees
from skinvision.ui.session import literal


def show(card: ModelCard) -> None:
    """All of the card, from what matters most to how it came about."""
    st.caption(_in_short(card))
    parts: list[Callable[[], None]] = []
    if isinstance(card.test, ClassificationReport):
        _classification_metrics(card.test, card)
        _in_two_columns(_classification_parts(card.test, card))
        groups.show(card.test)
        if card.sweep:
            _shortcuts(card.sweep, card)
            if card.sweep.inside:
                _inside(card.sweep, card)
        if card.methods:
            _contest(card.methods)
        parts.append(partial(_strangers, card.test, card))
    elif isinstance(card.test, SegmentationReport):
        _segmentation_metrics(card.test)
        parts.append(
            _Chart("How well lesions are outlined", _DICE_HISTOGRAM, partial(charts.dice_chart, card.test)).show
        )
    else:
        st.info("This model has no held-out figures yet: nobody knows how good it is.", icon=":material/info:")
    parts.append(partial(_limits, card))
    if card.history.epochs:
        parts.append(_curves(card))
    _in_two_columns([*parts, partial(_training, card), partial(_data, card)])


@dataclass(frozen=True, slots=True)
class _Chart:
    """A chart, how it is called, and how it is read; ``draw`` gives a plotly figure."""

    title: str
    reading: str
    draw: Callable[[], Any]

    def show(self) -> None:
        st.header(self.title, anchor=False)
        st.caption(self.reading)
        st.plotly_chart(self.draw(), config={"displayModeBar": False}, alt=f"{self.title}. {self.reading}")


def _in_two_columns(parts: Sequence[Callable[[], None]]) -> None:
    """Beside each other where there is room."""
    grid = st.grid(2, min_column_width=340, gap="medium")
    for part in parts:
        with grid.cell():
            part()


def _in_short(card: ModelCard) -> str:
    return (
        f"{card.architecture.encoder} ({card.architecture.library}), {card.parameters / 1e6:.1f} million parameters; "
        f"{sees(card)}"
    )


def _classification_metrics(report: ClassificationReport, card: ModelCard) -> None:
    low, high = report.balanced_accuracy_interval
    coverage = f"asked: {_percent(card.calibration.coverage)}" if card.calibration else None
    _metrics(
        ("Balanced accuracy", f"{report.balanced_accuracy:.3f}", f"95 %: {low:.3f} to {high:.3f}", _BALANCED),
        ("Accuracy", f"{report.accuracy:.3f}", None, _ACCURACY),
        ("Macro AUC", "none" if report.macro_auc is None else f"{report.macro_auc:.3f}", None, _AUC),
        ("Calibration error", f"{report.ece:.3f}", f"before: {report.ece_uncalibrated:.3f}", _ECE),
        ("Sets with the answer", _percent(report.coverage), coverage, _COVERAGE),
        ("Held-out pictures", f"{report.n}", None, _HELD_OUT),
    )


def _classification_parts(report: ClassificationReport, card: ModelCard) -> list[Callable[[], None]]:
    drawn = (
        _Chart("Which class is taken for which", _CONFUSION, partial(charts.confusion_chart, report, card)),
        _Chart("Recall of each class", _RECALL, partial(recall_chart, report, card)),
        _Chart("ROC curves", _ROC, partial(charts.roc_chart, report, card)),
        _Chart("Does it know how sure it may be?", _RELIABILITY, partial(charts.reliability_chart, report)),
    )
    return [chart.show for chart in drawn]


def _shortcuts(sweep: Sweep, card: ModelCard) -> None:
    """What changes that should not matter do to it."""
    low, high = sweep.balanced_accuracy.low, sweep.balanced_accuracy.high
    reading = (
        f"{sum(sweep.n.values())} held-out pictures, at most {max(sweep.n.values())} of a diagnosis, changed in ways "
        f"that should not matter, at {percent(sweep.strength)} of the strongest. As they are, balanced accuracy on "
        f"them is {sweep.balanced_accuracy.value:.3f} ({low:.3f} to {high:.3f}). Only where the lesion is missing, "
        "another answer is no mistake. Try each on the Shortcuts page."
    )
    st.header("Known shortcuts", anchor=False)
    st.caption(literal(reading))
    measures: tuple[tuple[str, SweepMeasure], ...] = (
        ("Answers that change", "flips"),
        ("Balanced accuracy that is lost", "loss"),
        ("Evidence that leaves the lesion", "leaves"),
    )
    grid = st.grid(3, min_column_width=340, gap="medium")
    for title, measure in measures:
        with grid.cell():
            st.markdown(f"**{title}**")
            chart, alt = sweep_chart(sweep, measure), f"{title} under each change. {reading}"
            st.plotly_chart(chart, config={"displayModeBar": False}, alt=alt)
    box = ", and the network sees the box around it" if card.region != "whole" else ""
    st.caption(
        f"The outline is that of the unchanged picture, moved with the lesion{box}: no network draws it anew. What "
        "does not reach there, such as stickers and dark corners at the rim, can do nothing here, which is no proof "
        "that the network is immune."
    )


def _inside(sweep: Sweep, card: ModelCard) -> None:
    """Where its evidence lies in pictures as they are."""
    reading = (
        "The same pictures, unchanged: Grad-CAM at the last stage, for the diagnosis that is right. A box holds the "
        "middle half of the pictures, its whiskers nine tenths. Your own map is put among them on the page Believe it?"
    )
    _Chart("Does the evidence lie inside the lesion?", reading, partial(insides_chart, sweep, card)).show()


def _contest(reports: Mapping[str, MethodReport]) -> None:
    """Which method is most faithful to it."""
    some = next(iter(reports.values()))
    reading = (
        f"{some.n} held-out pictures, the predicted class, the last stage (Integrated Gradients and Occlusion: the "
        "picture itself). Better than chance means: less area under deletion and more under insertion than blocks as "
        "large as the map's cells have in random order, in the mean of both. Test a map of your own "
        "on the page Believe it?"
    )
    _Chart("Which heatmaps are faithful to it?", reading, partial(contest_chart, reports)).show()
    st.dataframe(contest_rows(reports), hide_index=True, height="content", alt=reading)
    left_out = ", ".join(method.title for name, method in METHODS.items() if name not in reports)
    missing = f" Not measured: {left_out}." if left_out else ""
    st.caption(literal(f"{lab_words.ONE_MAP} Where intervals overlap, nothing is said of who is better.{missing}"))


def _strangers(report: ClassificationReport, card: ModelCard) -> None:
    """How well the model tells pictures that are none of its business, and which it was not asked about."""
    st.header("Does it notice a picture of something else?", anchor=False)
    if card.outlier is not None:
        st.markdown(
            f"It warns of a picture whose features lie far from those it learnt from. Of the held-out pictures, which "
            f"are of the right kind, it warns of {_percent(1 - report.kept)}. How well the distance tells other "
            "pictures apart, as AUROC (0.5 is chance, 1 perfect):"
        )
        st.markdown("\n".join(f"- {literal(name)}: **{auroc:.3f}**" for name, auroc in card.outlier.auroc.items()))
    if report.unscored:
        left_out = ", ".join(f"{number} × {literal(name)}" for name, number in report.unscored.items())
        st.markdown(f"Held-out pictures of a diagnosis that it does not know, and which are not scored: {left_out}.")


def _segmentation_metrics(report: SegmentationReport) -> None:
    low, high = report.jaccard_interval
    _metrics(
        ("Dice", f"{report.dice:.3f}", None, _DICE),
        ("Jaccard", f"{report.jaccard:.3f}", f"95 %: {low:.3f} to {high:.3f}", _JACCARD),
        ("Thresholded Jaccard", f"{report.thresholded_jaccard:.3f}", None, _THRESHOLDED),
        ("Sensitivity", f"{report.sensitivity:.3f}", None, "Share of the lesion's pixels that were found."),
        ("Specificity", f"{report.specificity:.3f}", None, "Share of the skin's pixels that were left alone."),
        ("Held-out pictures", f"{report.n}", None, _HELD_OUT),
    )


def _limits(card: ModelCard) -> None:
    st.header("What it cannot do", anchor=False)
    st.markdown(_bullets(card.limits) or "Its card names no limits, which does not mean that there are none.")


def _curves(card: ModelCard) -> Callable[[], None]:
    rounds = len(_rounds(card))
    reading = _HISTORY + _LAST.format(rounds) if rounds > 1 else _HISTORY
    return _Chart("Training curves", reading, partial(charts.history_chart, card.history)).show


def _rounds(card: ModelCard) -> tuple[str, ...]:
    return tuple(card.recipe.split("\n\n"))


def _training(card: ModelCard) -> None:
    st.header("How it was trained", anchor=False)
    st.markdown(_bullets(_rounds(card)))
    if card.choices:
        st.markdown(f"What was chosen by the validation pictures:\n\n{_bullets(card.choices)}")


def _data(card: ModelCard) -> None:
    st.header("On what pictures, and how they were split", anchor=False)
    for dataset in card.data:
        counts = ", ".join(f"{number} {literal(part)}" for part, number in dataset.counts.items())
        st.markdown(
            f"**{literal(dataset.name)}** ({literal(dataset.licence)}){': ' if counts else ''}{counts}  \n"
            f"Split: {literal(dataset.split)}  \nFrom: {literal(dataset.attribution)}"
        )


def _metrics(*metrics: tuple[str, str, str | None, str | None]) -> None:
    with st.grid(6, min_column_width=150):
        for name, value, beside, explanation in metrics:
            st.metric(name, value, beside, delta_color="off", delta_arrow="off", help=explanation)


def _bullets(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {literal(line)}" for line in lines)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


_BALANCED = "The mean of the recalls of all classes: a rare class counts as much as a common one."
_ACCURACY = "Share of pictures that were named correctly. Most pictures are nevi, so it mostly tells how nevi do."
_AUC = "Area under the ROC curve, mean of all classes: 0.5 is chance, 1 perfect."
_ECE = "Expected calibration error: how far the stated probability is from the share that is right. 0 is perfect."
_COVERAGE = "How often the prediction set held the right answer, against how often it was asked to."
_HELD_OUT = "Pictures of lesions that neither training nor any choice has seen."
_DICE = "Overlap with the outline that a person drew: 0 is none, 1 perfect. The mean over the pictures."
_JACCARD = "Overlap as a share of both areas together: 0 is none, 1 perfect. The mean over the pictures."
_THRESHOLDED = "Jaccard where a picture below 0.65 counts as 0, because it would have to be outlined again (ISIC 2018)."
_CONFUSION = "Each row holds the pictures of one class. What lies off the diagonal was taken for another class."
_RECALL = "Of the pictures of a class, how many were found. A wide bar means few pictures, so the figure is uncertain."
_ROC = "How many of a class are found, if so many false alarms are accepted. The nearer to the upper left, the better."
_RELIABILITY = "Of the answers given with 80 % confidence, 80 % should be right: the dotted line."
_DICE_HISTOGRAM = "Most outlines are good. The few on the left went wrong altogether."
_HISTORY = (
    "The two losses do not compare in height: that of training is of pictures changed to be harder, and of what "
    "teachers say where there are any. A validation loss that rises while the score falls is learning by heart; one "
    "that rises beside a steady score is growing overconfidence, which calibration takes back. The epoch of the best "
    "score was kept."
)
_LAST = (
    " These are the epochs of the last of {} trainings, counting those of the weights that it began with; all are told "
    "under “How it was trained”."
)
