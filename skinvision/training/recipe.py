"""How a model is trained: everything that is decided before the first step."""

from __future__ import annotations

from dataclasses import dataclass

from skinvision.card import Architecture, Looks, Modality, Region, Task

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_SEEN: dict[Region, str] = {
    "whole": "whole pictures",
    "box": "boxes around the lesion",
    "lesion": "lesions without background, in the box around them",
}


_APART = " in which each stage learns apart, on what the teacher's stage below it gives"


@dataclass(frozen=True, slots=True)
class Phase:
    """Some epochs at one picture size (height, width) px. Small pictures first save most of the time.

    Attributes:
        apart: learn from hints alone, each stage apart from the others, on what the first teacher's stage below gives.
    """

    size: tuple[int, int]
    epochs: int
    mixup: float = 0.0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model's training.

    Attributes:
        start_names: prefixes of the tensors in a start file -> prefixes of the same tensors here.
        stored_size: (height, width) that all pictures are decoded to once.
        batch_size: pictures per step; ``steps_per_epoch`` is fixed by the table, whatever the sampling.
        learning_rate: of the pretrained weights, at the peak of the one-cycle schedule; ``fresh_factor`` times that for
            weights that the start file does not hold.
        frozen: prefixes of the modules that keep their start weights and batch-norm statistics.
        sampling_power: a class of n pictures is drawn in proportion to n ** power; 1 is the natural mix, 0 equal.
        ema_decay: of the average of the weights that is validated and shipped.
        patience: epochs without a better validation score, after which training stops early. A learning rate that rises
            first and falls late makes the score do so too, so that few epochs without a gain mean little.
        teacher_weight: share of the loss that goes to what the teachers say, where there are any.
        teacher_temperature: that softens the logits of teachers and student before they are compared.
        hint_weight: of what the activations differ by from those of the first teacher, stage by stage on the same grid.
        region: what a classifier is trained on, as on a card; boxes have ``region_margin``.
        accuracy: that the decision is to keep on ``val`` before all weight goes to balance between the classes. 0.80 is
            asked of the models; ``val`` knows it to about one in a hundred, so 0.82 leaves twice that.
        views: the regions among which the finished classifier's is chosen by ``val``.
        looks: how often the finished classifier may look at a picture; which, is chosen by ``val``.
        modality: what kind of pictures it learns from; only of dermoscopy are boxes around the lesion known.
    """

    name: str
    title: str
    task: Task
    architecture: Architecture
    labels: tuple[str, ...]
    titles: tuple[str, ...]
    start_names: dict[str, str]
    phases: tuple[Phase, ...]
    input_size: tuple[int, int]
    stored_size: tuple[int, int]
    batch_size: int
    learning_rate: float
    fresh_factor: float
    weights_licence: str
    limits: tuple[str, ...]
    weight_decay: float = 0.05
    frozen: tuple[str, ...] = ()
    sampling_power: float = 0.5
    label_smoothing: float = 0.05
    ema_decay: float = 0.998
    patience: int = 16
    teacher_weight: float = 0.7
    teacher_temperature: float = 2.0
    hint_weight: float = 0.0
    region: Region = "whole"
    region_margin: float = 0.35
    accuracy: float = 0.82
    views: tuple[Region, ...] = ("whole", "box")
    looks: tuple[Looks, ...] = (1,)
    modality: Modality = "dermoscopy"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def summary(self, epochs: int, start: str, taught_by: str = "", numbers: str = "float32") -> str:
        """A paragraph for the card, after those of earlier rounds.

        Args:
            epochs: that were trained.
            start: how the weights were trained that training started from, and their file.
            taught_by: the models that were imitated; "" without any.
            numbers: that most was computed in.
        """
        sizes = ", then ".join(
            f"{p.epochs} epoch{'s' * (p.epochs > 1)} at {p.size[1]} × {p.size[0]} px{_APART * p.apart}"
            for p in self.phases
        )
        hinted = f" Stages also imitate those of the first on the same grid, with a weight of {self.hint_weight:g}."
        taught = (
            f" {self.teacher_weight:.0%} of the loss: divergence from {taught_by}, at temperature "
            f"{self.teacher_temperature:g}.{hinted if self.hint_weight else ''}"
            if taught_by
            else ""
        )
        return (
            f"{start}: {sizes} ({epochs} of {self.epochs} epochs done), {_SEEN[self.region]}; AdamW, one-cycle "
            f"learning rate {self.learning_rate:g} (× {self.fresh_factor:g} for fresh weights), batches of "
            f"{self.batch_size}, {numbers}, exponential average of the weights ({self.ema_decay:g}); "
            f"frozen: {', '.join(self.frozen) or 'nothing'}.{taught}"
        )

    def phase_at(self, epoch: int) -> Phase:
        """The phase that ``epoch`` (from 0) belongs to; the last one for epochs beyond the plan."""
        for phase in self.phases:
            epoch -= phase.epochs
            if epoch < 0:
                return phase
        return self.phases[-1]
