"""Batches of the size that the current phase asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from torchvision import tv_tensors
from torchvision.transforms import v2

from skinvision.classify import region_of, shown
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.models.registry import LoadedModel
from skinvision.segment import segment
from skinvision.training import augment
from skinvision.training.data import Sample, among, decode_all, read_image, read_labelled, read_mask, read_table
from skinvision.training.recipe import Recipe

_Item = tuple[Tensor, Tensor | int]


class Loaders(lightning.LightningDataModule):
    """Train and validation batches of one folder.

    Args:
        recipe: what to train.
        folder: of the data, with splits ``train`` and ``val``.
        cache: where the decoded arrays are kept.
        workers: processes that transform pictures; 0 does it in the training process.
        extra: more folders, whose split ``train`` is learnt from too. An epoch keeps its length all the same.
        segmenter: finds the lesions for a recipe that is not trained on whole pictures.

    Raises:
        DataRejected: the layout is wrong, fewer pictures than one batch are left for training, or an extra picture is
            held out in ``folder``.
        WeightsRejected: lesions are to be found without a segmenter.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        cache: Path,
        workers: int = 1,
        extra: tuple[Path, ...] = (),
        segmenter: LoadedModel | None = None,
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self.workers = workers
        self._read: Callable[[Sample], NDArray[np.uint8]] = read_image
        self._name = "whole"
        if recipe.region != "whole":
            if segmenter is None:
                raise WeightsRejected("a segmenter to find lesions with", "none", "train the default segmenter first")
            self._read = _lesion_reader(segmenter, recipe)
            self._name = f"{recipe.region}-{recipe.region_margin}-{segmenter.card.sha256[:16]}"
        own = {split: self._known(read_table(folder, split), split) for split in ("train", "val")}
        more = [sample for other in extra for sample in learnable(recipe, read_table(other, "train"))]
        held_out = {sample.image_id for sample in read_table(folder) if sample.split != "train"}
        if leaked := held_out.intersection(sample.image_id for sample in more):
            raise DataRejected("extra pictures that are not held out", f"{min(leaked)}, which is", "take them away")
        self.steps_per_epoch = len(own["train"]) // recipe.batch_size
        self.samples = {"train": (*own["train"], *more), "val": own["val"]}
        self.decoded = {split: self._decode(samples, cache) for split, samples in self.samples.items()}

    def drawn_frequencies(self) -> Tensor:
        """(K,) share of each class among the pictures drawn for training; an absent class counts as one picture."""
        counts = np.bincount(self.decoded["train"][1], minlength=len(self.recipe.labels))
        drawn = np.maximum(counts, 1).astype(np.float64) ** self.recipe.sampling_power
        return torch.tensor(drawn / drawn.sum(), dtype=torch.float32)

    def train_dataloader(self) -> DataLoader[_Item]:
        makers: dict[str, Callable[[tuple[int, int]], v2.Transform]] = {
            "segmentation": augment.for_segmentation,
            "classification": augment.for_classification,
        }
        assert self.trainer is not None
        epoch = self.trainer.current_epoch
        pictures, truth = self.decoded["train"]
        dataset = Pictures(pictures, truth, makers[self.recipe.task](self.recipe.phase_at(epoch).size))
        chance = torch.Generator().manual_seed(epoch)  # a resumed epoch has the order that it began with
        return ResumableLoader(
            dataset,
            self.recipe.batch_size,
            sampler=Order(self._draw(truth, chance)),
            num_workers=self.workers,
            drop_last=True,
            generator=chance,
        )

    def val_dataloader(self) -> DataLoader[_Item]:
        assert self.trainer is not None
        size = self.recipe.phase_at(self.trainer.current_epoch).size
        dataset = Pictures(*self.decoded["val"], v2.Resize(size, antialias=True))
        return DataLoader(dataset, self.recipe.batch_size, num_workers=self.workers)

    def _draw(self, truth: NDArray[Any], chance: torch.Generator) -> list[int]:
        """The pictures of one epoch in their order: each one at most once, or drawn by the recipe's sampling power."""
        count = self.steps_per_epoch * self.recipe.batch_size
        if self.recipe.task == "segmentation":
            order = torch.randperm(len(truth), generator=chance)[:count]
        else:
            weights = torch.from_numpy(np.bincount(truth)[truth] ** (self.recipe.sampling_power - 1.0))
            order = torch.multinomial(weights, count, replacement=True, generator=chance)
        return [int(number) for number in order]

    def _known(self, samples: tuple[Sample, ...], split: str) -> tuple[Sample, ...]:
        samples = learnable(self.recipe, samples)
        needed = self.recipe.batch_size if split == "train" else 1
        if len(samples) < needed:
            raise DataRejected(f"at least {needed} pictures to learn in {split}", str(len(samples)), "give more")
        return samples

    def _decode(self, samples: tuple[Sample, ...], cache: Path) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        pictures = decode_all(samples, self._read, self.recipe.stored_size, cache, self._name)
        if self.recipe.task == "segmentation":
            return pictures, decode_all(samples, read_mask, self.recipe.stored_size, cache, "mask")
        return pictures, np.array([self.recipe.labels.index(sample.dx) for sample in samples])


def learnable(recipe: Recipe, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """The samples that the recipe can use; for a classifier those of its labels, under the labels' own names."""
    if recipe.task == "segmentation":
        return samples
    return among(recipe.labels, samples)


def _lesion_reader(segmenter: LoadedModel, recipe: Recipe) -> Callable[[Sample], NDArray[np.uint8]]:
    def read_lesion(sample: Sample) -> NDArray[np.uint8]:
        """What the finished classifier will see of the picture; the whole of it without a lesion."""
        case = read_labelled(sample.image)
        mask = segment(segmenter, case)
        return shown(recipe, case, region_of(recipe, case, mask), mask)

    return read_lesion


class Pictures(Dataset[_Item]):
    """Decoded pictures (N, H, W, 3) with masks (N, H, W) or class numbers (N,), through a transform.

    An item is the picture (3, h, w) uint8 with its mask (1, h, w) float32 in {0, 1}, or with its class number.
    """

    def __init__(self, pictures: NDArray[np.uint8], truth: NDArray[Any], transform: v2.Transform) -> None:
        self.pictures = pictures
        self.truth = truth
        self.transform = transform

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> _Item:
        picture = tv_tensors.Image(np.array(self.pictures[index]).transpose(2, 0, 1))
        if self.truth.ndim == 1:
            return self.transform(picture).as_subclass(Tensor), int(self.truth[index])
        mask = tv_tensors.Mask(np.array(self.truth[index])[None])
        picture, mask = self.transform(picture, mask)
        return picture.as_subclass(Tensor), (mask.as_subclass(Tensor) > 127).float()


class Order(Sampler[int]):
    """Pictures in a given order, without the first ``skip`` of them. Its length stays that of the whole order."""

    def __init__(self, order: list[int]) -> None:
        self.order = order
        self.skip = 0

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[int]:
        return iter(self.order[self.skip :])


class ResumableLoader(DataLoader[_Item]):
    """Batches in an ``Order``, which go on where they were when their state was taken.

    Lightning takes and gives back the state of loaders that have these two methods.
    """

    sampler: Order
    served = 0

    def __iter__(self) -> Any:
        for batch in super().__iter__():
            self.served += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        return {"served": self.served}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.served = state["served"]
        self.sampler.skip = self.served * (self.batch_size or 1)
