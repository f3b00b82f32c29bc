"""One command from a folder of pictures to weights, card and history."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from skinvision.card import ModelCard, Region, Task
from skinvision.errors import UnknownName
from skinvision.models import registry
from skinvision.models.registry import DEFAULTS, LoadedModel
from skinvision.training.data import Splits, read_table
from skinvision.training.finish import finish_classifier, finish_segmenter
from skinvision.training.fit import fit
from skinvision.training.foreign import background_of, foreign_sets
from skinvision.training.loaders import learnable
from skinvision.training.recipe import Recipe
from skinvision.training.recipes import RECIPES
from skinvision.training.sources import describe


def train(
    task: Task,
    data: Path,
    out: str,
    *,
    recipe: str | None = None,
    region: Region | None = None,
    start: Path | None = None,
    extra: tuple[Path, ...] = (),
    teachers: tuple[str, ...] = (),
    runs: Path = Path("runs"),
    foreign: tuple[Path, ...] = (),
    background: Path | None = None,
    resume: bool = False,
    ship: bool = False,
    max_minutes: float | None = None,
    workers: int = 1,
) -> ModelCard | None:
    """Train a model, fit what is fitted on ``val``, measure it on ``test`` once, and write weights and card.

    Args:
        out: name of the model; its files go to the registry's folder.
        recipe: name of the recipe; the default model's by default.
        region: what a classifier is to look at, in training and later; by default as the recipe says.
        start: safetensors to start from.
        extra: more folders, whose split ``train`` is learnt from too.
        teachers: names of finished classifiers that the new one also imitates.
        runs: where the run's folder ``out`` with its checkpoints lies.
        foreign: folders of pictures that are not dermoscopy, to measure how well they are noticed.
        background: a folder of pictures of another kind, against whose split ``train`` strangeness is measured.
        resume: go on from the last checkpoint.
        ship: write the model even where the time limit came before the last epoch.
        max_minutes: stop training, with a checkpoint, after this long.
        workers: processes that transform pictures.

    Returns:
        The card, or None where the time limit came first and nothing is shipped; ``resume`` goes on.

    Raises:
        DataRejected, WeightsRejected: as ``fit``.
        UnknownName: no such recipe for the task, or no such teacher.
    """
    plan = _recipe(task, recipe or DEFAULTS[task])
    if region:
        plan = replace(plan, region=region, views=(region,))
    segmenter = _segmenter() if task == "classification" and plan.modality == "dermoscopy" else None
    registry.check_name(out)
    taught_by = tuple(registry.load(name) for name in teachers)
    samples = learnable(plan, read_table(data))
    datasets = (
        describe(data, Counter(sample.split for sample in samples)),
        *(describe(other, {"train": len(learnable(plan, read_table(other, "train")))}) for other in extra),
    )
    other = background_of(background)
    strange = foreign_sets(foreign, other)
    fitted = fit(plan, data, runs / out, start, resume, max_minutes, workers, extra, segmenter, taught_by)
    if not (fitted.complete or ship):
        return None
    splits = Splits.of(samples)
    if task == "segmentation":
        model = finish_segmenter(plan, fitted, out, datasets, splits)
    else:
        model = finish_classifier(plan, fitted, out, datasets, splits, segmenter, strange, other)
    return registry.save(model)


def _recipe(task: Task, name: str) -> Recipe:
    known = [recipe.name for recipe in RECIPES.values() if recipe.task == task]
    if name not in known:
        raise UnknownName.among(f"recipe for {task}", name, known)
    return RECIPES[name]


def _segmenter() -> LoadedModel | None:
    """The default segmenter, if it has been trained already."""
    name = DEFAULTS["segmentation"]
    return registry.load(name) if name in registry.names("segmentation") else None
