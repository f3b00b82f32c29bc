"""What Lightning trains: a network with its loss, its validation score and its optimiser."""

from __future__ import annotations

import math
import time
from typing import Any

import lightning
import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.losses._functional import soft_jaccard_score
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics import CatMetric, MeanMetric
from torchvision.transforms import v2

from skinvision.card import Epoch
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier
from skinvision.training.augment import normalised, turned
from skinvision.training.decision import balanced_likelihood
from skinvision.training.hints import Hints
from skinvision.training.recipe import Recipe

_NETWORK = "network."  # begins the names of its parameters


class Fit(lightning.LightningModule):
    """The part that both tasks share.

    Args:
        network: to be trained in place.
        recipe: how.
        fresh: names of the parameters that no start file gave; they learn faster, and are never frozen.
        steps_per_epoch: optimiser steps if one device does them all.
    """

    score_name = "score"
    taught_by = ""  # names of the teachers, and what their SHA-256 begin with

    def __init__(self, network: nn.Module, recipe: Recipe, fresh: frozenset[str], steps_per_epoch: int) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.fresh = fresh
        self.steps_per_epoch = steps_per_epoch
        self.frozen = tuple(p for p in recipe.frozen if not any(name.startswith(p) for name in fresh))
        self.epochs: list[Epoch] = []
        self.start = ""  # how the weights were trained before, and their file
        self.train_loss = MeanMetric()
        self.val_loss = MeanMetric()
        self._validated = (float("nan"), float("nan"))  # loss and score of this epoch
        self._minutes = 0.0  # that an unfinished epoch took before it was interrupted
        self._started = time.monotonic()
        self._random_state: Tensor | None = None
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(not name.startswith(self.frozen))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of pictures (N, 3, H, W) uint8."""
        logits: Tensor = self.network(normalised(pictures, self.recipe.mean, self.recipe.std))
        return logits.float()

    def configure_optimizers(self) -> Any:
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:  # what is no part of the network is fresh
                fresh = not name.startswith(_NETWORK) or name.removeprefix(_NETWORK) in self.fresh
                groups.setdefault((fresh, parameter.ndim > 1), []).append(parameter)
        rate, recipe = self.recipe.learning_rate, self.recipe
        settings: list[dict[str, Any]] = [
            {
                "params": parameters,
                "lr": rate * (recipe.fresh_factor if fresh else 1),
                "weight_decay": recipe.weight_decay if matrix else 0.0,
            }
            for (fresh, matrix), parameters in groups.items()
        ]
        optimizer = torch.optim.AdamW(settings)
        # Not Lightning's own estimate: it asks for the loader before a checkpoint has said which epoch it is.
        total_steps = recipe.epochs * math.ceil(self.steps_per_epoch / self.trainer.world_size)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=[group["lr"] for group in settings], total_steps=total_steps, pct_start=0.15
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_train_start(self) -> None:
        # Frozen batch norm must keep its statistics. Lightning no longer calls ``train``, and keeps the modes it finds.
        for prefix in self.frozen:
            self.network.get_submodule(prefix).eval()
        if self._random_state is not None:
            torch.set_rng_state(self._random_state)
        self._started = time.monotonic()

    def on_train_epoch_end(self) -> None:
        loss, minutes = float(self.train_loss.compute()), round(self._minutes_so_far(), 2)
        size = self.recipe.phase_at(self.current_epoch).size
        self.epochs.append(Epoch(self.current_epoch, size, loss, *self._validated, minutes))
        self.train_loss.reset()
        self._minutes, self._started = 0.0, time.monotonic()

    def record_validation(self, score: float) -> None:
        """Close a validation run with its score, the figure that is logged and kept in the history."""
        loss = float(self.val_loss.compute())
        self.val_loss.reset()
        self.log_dict({"score": score, "val_loss": loss}, prog_bar=True)
        self._validated = (loss, score)

    def plan(self) -> str:
        """What a resumed run has to agree in."""
        taught = f", taught by {self.taught_by}" if self.taught_by else ""
        return f"recipe {self.recipe.name}, {self.recipe.epochs} epochs of {self.steps_per_epoch} steps{taught}"

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["history"] = [(e.epoch, e.size, e.train_loss, e.val_loss, e.score, e.minutes) for e in self.epochs]
        checkpoint["fresh"] = sorted(self.fresh)
        checkpoint["start"] = self.start
        checkpoint["plan"] = self.plan()
        checkpoint["minutes"] = self._minutes_so_far()
        checkpoint["random_state"] = torch.get_rng_state()
        batches = float(self.train_loss.weight)
        checkpoint["train_loss"] = (float(self.train_loss.mean_value) / batches, batches) if batches else None

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.epochs = [Epoch(*values) for values in checkpoint["history"]]
        self._minutes = checkpoint.get("minutes", 0.0)
        self._random_state = checkpoint.get("random_state")
        if seen := checkpoint.get("train_loss"):
            self.train_loss.update(*seen)

    def _minutes_so_far(self) -> float:
        return self._minutes + (time.monotonic() - self._started) / 60


class SegmenterFit(Fit):
    """Per-picture soft Jaccard plus half of binary cross-entropy; scored by the mean Jaccard per picture."""

    score_name = "Jaccard"

    def __init__(self, network: nn.Module, recipe: Recipe, fresh: frozenset[str], steps_per_epoch: int) -> None:
        super().__init__(network, recipe, fresh, steps_per_epoch)
        self.jaccard = MeanMetric()

    def loss(self, logits: Tensor, masks: Tensor) -> Tensor:
        """Of logits (N, 1, H, W) against masks (N, 1, H, W) in {0, 1}."""
        overlap: Tensor = soft_jaccard_score(logits.sigmoid(), masks, smooth=1.0, dims=(1, 2, 3))  # (N,)
        return (1 - overlap).mean() + 0.5 * functional.binary_cross_entropy_with_logits(logits, masks)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        pictures, masks = batch
        loss = self.loss(self(pictures), masks)
        self.train_loss.update(loss.detach())
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        pictures, masks = batch
        logits = self(pictures)
        self.val_loss.update(self.loss(logits, masks), weight=len(pictures))
        stats = smp.metrics.get_stats(logits.sigmoid(), masks.long(), mode="binary", threshold=0.5)
        self.jaccard.update(smp.metrics.iou_score(*stats, reduction=None, zero_division=1.0))

    def on_validation_epoch_end(self) -> None:
        score = float(self.jaccard.compute())
        self.jaccard.reset()
        self.record_validation(score)


class ClassifierFit(Fit):
    """Cross-entropy of logits adjusted by the log frequency of what is drawn (Menon et al. 2021, eq. 10).

    The unadjusted logits then stand for equally frequent classes. Scored by the ``balanced_likelihood``, which does not
    depend on where teachers or sampling draw the line between frequent and rare classes.

    With teachers, part of the loss is the divergence from what they say together of the same augmented pictures
    (Hinton et al. 2015; Beyer et al. 2022). Unlike there, each of them sees the pictures turned in a way that is drawn
    for it. A lesion has no upper side, and what is learnt is what they say on average over all ways, which is better
    than what they say of one.

    Args:
        frequencies: (K,) share of each class among the pictures drawn for training.
        teachers: finished classifiers of the same labels.
    """

    score_name = "balanced likelihood"

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        fresh: frozenset[str],
        steps_per_epoch: int,
        frequencies: Tensor,
        teachers: tuple[LoadedModel, ...] = (),
    ) -> None:
        super().__init__(network, recipe, fresh, steps_per_epoch)
        self.register_buffer("log_frequencies", frequencies.log(), persistent=False)
        self.log_frequencies: Tensor
        self.taught_by = ", ".join(t.card.signature for t in teachers)
        self.teachers = teachers  # not modules of this one: they are neither trained nor saved with it
        apart = any(phase.apart for phase in recipe.phases)
        self.hints = Hints(_classifier(network), teachers[0], apart=apart) if recipe.hint_weight and teachers else None
        self.logits = CatMetric(nan_strategy="disable")
        self.truth = CatMetric(nan_strategy="disable")

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Of logits (N, K) against class numbers (N,) or shares (N, K)."""
        adjusted = logits + self.log_frequencies
        return functional.cross_entropy(adjusted, target, label_smoothing=self.recipe.label_smoothing)

    def imitation(self, logits: Tensor, pictures: Tensor) -> Tensor:
        """Kullback-Leibler divergence of softened logits (N, K) from the teachers' mean for pictures (N, 3, H, W)."""
        heat = self.recipe.teacher_temperature
        with torch.no_grad():
            said = [t.network(normalised(turned(pictures), t.card.mean, t.card.std)).float() for t in self.teachers]
            target = torch.stack([(one / heat).softmax(dim=1) for one in said]).mean(dim=0)
        return heat**2 * functional.kl_div((logits / heat).log_softmax(dim=1), target, reduction="batchmean")

    def on_fit_start(self) -> None:
        for teacher in self.teachers:
            teacher.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        pictures, target = batch
        phase = self.recipe.phase_at(self.current_epoch)
        if phase.mixup:
            mix = v2.MixUp(alpha=phase.mixup, num_classes=len(self.recipe.labels))
            pictures, target = mix(pictures.float(), target)
            pictures = pictures.round().to(torch.uint8)
        loss = self._apart(pictures) if phase.apart else self._together(pictures, target)
        self.train_loss.update(loss.detach())
        return loss

    def _together(self, pictures: Tensor, target: Tensor) -> Tensor:
        network = _classifier(self.network)
        activations = network.each(normalised(pictures, self.recipe.mean, self.recipe.std))
        last = network.stage_names[-1]
        logits = network.above(activations[last], last).logits.float()
        loss = self.loss(logits, target)
        if self.teachers:
            loss = torch.lerp(loss, self.imitation(logits, pictures), self.recipe.teacher_weight)
        if self.hints is not None:
            loss = loss + self.recipe.hint_weight * self.hints(activations, self.hints.shown(pictures))
        return loss

    def _apart(self, pictures: Tensor) -> Tensor:
        assert self.hints is not None  # before it began, training asked for a teacher
        given = normalised(pictures, self.recipe.mean, self.recipe.std)
        return self.hints.apart(_classifier(self.network), given, self.hints.shown(pictures))

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        pictures, target = batch
        logits = self(pictures)
        self.val_loss.update(functional.cross_entropy(logits, target), weight=len(pictures))
        self.logits.update(logits)
        self.truth.update(target)

    def on_validation_epoch_end(self) -> None:
        logits, truth = (metric.compute().cpu().numpy() for metric in (self.logits, self.truth))
        score = balanced_likelihood(logits, truth.astype(int), self.log_frequencies.cpu().double().numpy())
        self.logits.reset()
        self.truth.reset()
        self.record_validation(score)


def _classifier(network: nn.Module) -> StagedClassifier:
    assert isinstance(network, StagedClassifier)
    return network
