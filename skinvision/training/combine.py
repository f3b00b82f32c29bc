"""Several finished classifiers as one model with a card of its own; nothing is trained."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from skinvision.card import History, Member, ModelCard
from skinvision.errors import WeightsRejected
from skinvision.models import registry
from skinvision.models.registry import LoadedModel
from skinvision.training.data import Splits, read_table
from skinvision.training.evaluate import segmenter_for
from skinvision.training.finish import finish_classifier
from skinvision.training.finished import recipe_of
from skinvision.training.fit import Fitted
from skinvision.training.foreign import foreign_sets
from skinvision.training.loaders import learnable
from skinvision.training.sources import describe


def combine(members: tuple[str, ...], data: Path, out: str, foreign: tuple[Path, ...] = ()) -> ModelCard:
    """Make an ensemble, fit what is fitted on ``val``, measure it on ``test`` once, and write it.

    Args:
        members: names of finished classifiers, two or more.
        data: folder with the splits ``train``, ``val`` and ``test``.
        out: name of the ensemble.
        foreign: folders of pictures of another kind, to measure how well they are noticed.

    Raises:
        DataRejected: the data do not have the layout.
        UnknownName, WeightsRejected: as ``registry.load``; or fewer than two members, or they look at different parts
            or sizes of a picture, or they do not fit together.
    """
    registry.check_name(out)
    models = tuple(registry.load(name) for name in members)
    _check_alike(models)
    network = registry.ensemble_of(models)
    cards = [made_of.card for made_of in models]
    recipe = recipe_of(cards, out)
    samples = learnable(recipe, read_table(data))
    splits = Splits.of(samples)
    segmenter = segmenter_for(cards[0])
    told = describe(data, Counter(sample.split for sample in samples))
    fitted = Fitted(network, History("", ()), complete=True, weight=fmean(card.weight for card in cards))
    model = finish_classifier(recipe, fitted, out, (told,), splits, segmenter, foreign_sets(foreign))
    card = replace(
        model.card,
        looks=min(card.looks for card in cards),
        members=tuple(Member(card.name, card.sha256) for card in cards),
        parameters=sum(card.parameters for card in cards),
        data=tuple({dataset.name: dataset for card in cards for dataset in card.data}.values()),
        recipe=_told(cards),
    )
    return registry.save(replace(model, card=card))


def _check_alike(models: tuple[LoadedModel, ...]) -> None:
    if len(models) < 2:
        raise WeightsRejected("two members or more", str(len(models)), "name more")
    looks = {(c.region, c.region_margin, c.input_size, c.working_size, c.modality) for c in (m.card for m in models)}
    if len(looks) > 1:
        raise WeightsRejected("members that see the same of a picture", f"{looks}", "choose others")


def _told(cards: list[ModelCard]) -> str:
    names = ", ".join(f"{card.signature}{', which looks twice' * (card.looks == 2)}" for card in cards)
    return f"The mean of the logits of {names}, each divided by its temperature. Nothing was trained."
