"""A finished classifier finished anew: all that is fitted on ``val``, and how often it looks at a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from skinvision.card import Looks, ModelCard
from skinvision.classify import staged
from skinvision.errors import WeightsRejected
from skinvision.models import registry
from skinvision.models.looks import with_looks
from skinvision.training.data import Splits, among, read_table
from skinvision.training.evaluate import load_for, segmenter_for
from skinvision.training.finish import finish_classifier
from skinvision.training.finished import recipe_of
from skinvision.training.fit import Fitted
from skinvision.training.foreign import foreign_sets
from skinvision.training.remeasure import check_numbers


def refit(name: str, data: Path, foreign: tuple[Path, ...] = (), looks: tuple[Looks, ...] = ()) -> ModelCard:
    """Fit looks, decision, temperature, prediction set and outlier rule of a classifier anew, measure it, and write it.

    Nothing is trained: of the weights the biases of the last layer alone change. Region and size stay. What was found
    with other commands (``sweep``, ``contest``, ``parity``, milliseconds) is not of the new model and goes; ensembles
    that it is a member of have to be combined anew.

    Args:
        data: the folder that it was trained on, the first one where there were several.
        foreign: as for ``train``.
        looks: among which is chosen by ``val``; as many as the card says by default.

    Raises:
        DataRejected: the folder has another number of pictures than the card says.
        UnknownName, WeightsRejected: as ``registry.load``; or it is an ensemble, which ``combine`` makes anew, or not
            for dermoscopy, the only pictures whose recipes differ in nothing that is not on the card.
    """
    model = load_for("classification", name)
    card, network = model.card, staged(model)
    if card.members or card.modality != "dermoscopy":
        kind = "an ensemble" if card.members else f"for {card.modality}"
        raise WeightsRejected("a classifier for dermoscopy, no ensemble", f"{name}, {kind}", "make it anew")
    check_numbers(card, data)
    recipe = replace(recipe_of([card], name), looks=looks or (card.looks,))
    splits = Splits.of(among(card.labels, read_table(data)))
    once = Fitted(with_looks(network, 1), card.history, complete=True, weight=card.weight)
    found = finish_classifier(recipe, once, name, card.data, splits, segmenter_for(card), foreign_sets(foreign))
    known = card.choices[: 1 if len(recipe.looks) > 1 else -1]  # how it looks, unless that was chosen again
    choices = (*known, *found.card.choices[1:])
    return registry.save(replace(found, card=replace(found.card, recipe=card.recipe, choices=choices)))
