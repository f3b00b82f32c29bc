"""What the finish of a classifier needs to know where it was finished before: a recipe as the cards have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skinvision.card import Architecture, ModelCard
from skinvision.training.recipe import Phase, Recipe
from skinvision.training.recipes import RESNET50_BASE


def recipe_of(cards: Sequence[ModelCard], name: str) -> Recipe:
    """A recipe without training, of one classifier or of several as one, that look at the same of a picture.

    Args:
        name: of the model to be finished.
    """
    first = cards[0]
    together = Architecture("ensemble", "skinvision", " + ".join(card.name for card in cards))
    return replace(
        RESNET50_BASE,
        name=name,
        title=" + ".join(card.title for card in cards),
        architecture=together if len(cards) > 1 else first.architecture,
        labels=first.labels,
        titles=first.titles,
        phases=(Phase(first.input_size, 0),),
        input_size=first.input_size,
        stored_size=first.working_size or first.input_size,
        mean=(0.0, 0.0, 0.0) if len(cards) > 1 else first.mean,
        std=(1.0, 1.0, 1.0) if len(cards) > 1 else first.std,
        region=first.region,
        region_margin=first.region_margin,
        views=(first.region,),
        looks=(1,),
        modality=first.modality,
        weights_licence="; ".join(dict.fromkeys(card.weights_licence for card in cards)),
        limits=tuple(dict.fromkeys(limit for card in cards for limit in card.limits)),
    )
