"""Train one model: Lightning in bfloat16 where the machine can, an average of the weights, checkpoints and resume."""

from __future__ import annotations

import hashlib
import sys
import warnings
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning
import msgspec
import safetensors.torch
import torch
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, TQDMProgressBar
from torch import nn

from skinvision.card import History
from skinvision.catalogue import CARDS
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.models import networks
from skinvision.models.engines import has_bf16
from skinvision.models.registry import LoadedModel
from skinvision.training.checkpoints import Checkpoints, best_of, read_checkpoint
from skinvision.training.loaders import Loaders
from skinvision.training.modules import ClassifierFit, Fit, SegmenterFit
from skinvision.training.recipe import Recipe
from skinvision.training.strided import StridedInFloat32

_RANDOM = "From random weights"
_NUMBERS = {"bf16-mixed": "bfloat16", "32-true": "float32"}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a training run leaves.

    Attributes:
        network: with the averaged weights of the epoch with the best validation score.
        history: figures of every finished epoch.
        complete: false where the time limit came before the last epoch and before training stopped early; ``resume``
            goes on from there.
        start: how the weights were trained that training started from, and their file.
        taught_by: names of the teachers, and what their SHA-256 begin with; "" without any.
        weight: on balanced accuracy, in a decision that the network's biases hold already.
        numbers: that the last part of the training was mostly computed in.
    """

    network: nn.Module
    history: History
    complete: bool
    start: str = _RANDOM
    taught_by: str = ""
    weight: float = 0.0
    numbers: str = _NUMBERS["32-true"]


def fit(
    recipe: Recipe,
    data: Path,
    run: Path,
    start: Path | None = None,
    resume: bool = False,
    max_minutes: float | None = None,
    workers: int = 1,
    extra: tuple[Path, ...] = (),
    segmenter: LoadedModel | None = None,
    teachers: tuple[LoadedModel, ...] = (),
) -> Fitted:
    """Train ``recipe`` on the splits ``train`` and ``val`` of ``data``.

    Args:
        run: folder for the checkpoint ``last.ckpt`` and the decoded pictures.
        start: safetensors to start from, under the library's own names; not needed again to resume.
        resume: go on from ``last.ckpt``, within an epoch where the time limit came there.
        max_minutes: stop, with a checkpoint, after this long; a resumed run has as long again.
        workers: processes that transform pictures.
        extra: more folders, whose split ``train`` is learnt from too.
        segmenter: finds the boxes for a recipe that is trained on them.
        teachers: finished classifiers that the new one also imitates.

    Raises:
        DataRejected: the data do not have the layout or are less than one batch, there is nothing to resume, or there
            is and it would be lost.
        WeightsRejected: the start file does not fit the network, a teacher has other labels, or the checkpoint is of
            another recipe, number of training pictures or teacher.
    """
    last = run / "last.ckpt"
    if not resume and _is_unfinished(last):
        raise DataRejected(f"no unfinished run at {last}", "one", "go on with --resume, or take the file away")
    checkpoint = read_checkpoint(last) if resume else {}
    _check_teachers(recipe, teachers)
    lightning.seed_everything(0, workers=True)
    loaders = Loaders(recipe, data, run / "decoded", workers, extra, segmenter)
    network = networks.build(recipe.architecture, len(recipe.labels))
    fresh = load_start(network, recipe, start) if start else frozenset(dict(network.named_parameters()))
    fresh = frozenset(checkpoint.get("fresh", fresh))
    if resume:
        load_average(network, checkpoint)
    begun = checkpoint.get("start", _RANDOM) if resume else _provenance(start, _share(network, fresh))
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    module = _module(network, recipe, fresh, loaders, teachers)
    module.start = begun
    checkpoints = Checkpoints(last, max_minutes)
    if checkpoint.get("finished"):
        module.on_load_checkpoint(checkpoint)
    else:
        _check_plan(module, checkpoint)
        _train(module, loaders, checkpoints, last if resume else None)
    best = best_of(last)
    load_average(network, read_checkpoint(best if best.is_file() else last))
    history = History(module.score_name, tuple(module.epochs))
    return Fitted(
        network.cpu().eval(), history, not checkpoints.stopped, begun, module.taught_by, numbers=_NUMBERS[_precision()]
    )


def load_start(network: nn.Module, recipe: Recipe, start: Path) -> frozenset[str]:
    """Load the tensors of ``start`` into ``network`` under the recipe's names.

    Returns:
        The names of the parameters that the file does not hold.

    Raises:
        WeightsRejected: the file is not safetensors, holds none of the network's tensors, or one of another shape.
    """
    try:
        tensors = safetensors.torch.load_file(start)
    except (OSError, safetensors.SafetensorError) as error:
        raise WeightsRejected(f"safetensors at {start}", str(error), "give another start file") from error
    own = network.state_dict()
    renamed = {
        here + name.removeprefix(there): tensor.float()
        for there, here in recipe.start_names.items()
        for name, tensor in tensors.items()
        if name.startswith(there) and here + name.removeprefix(there) in own
    }
    if not renamed:
        raise WeightsRejected(
            f"tensors of {recipe.architecture.encoder}", f"{len(tensors)} others", "give another file"
        )
    try:
        network.load_state_dict(own | renamed)
    except RuntimeError as error:
        raise WeightsRejected(f"weights that fit {recipe.title}", str(error), "give another start file") from error
    return frozenset(name for name, _ in network.named_parameters() if name not in renamed)


def load_average(network: nn.Module, checkpoint: dict[str, Any]) -> None:
    """Load the averaged weights of a checkpoint into ``network``.

    Raises:
        WeightsRejected: they are of another network.
    """
    prefix = "network."
    tensors = checkpoint["state_dict"].items()
    try:
        network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors if k.startswith(prefix)})
    except RuntimeError as error:
        raise WeightsRejected("a checkpoint of this recipe", str(error), "train without --resume") from error


def _share(network: nn.Module, parameters: frozenset[str]) -> float:
    """Of all values, those that belong to the named ``parameters``."""
    sizes = {name: parameter.numel() for name, parameter in network.named_parameters()}
    return sum(sizes[name] for name in parameters) / sum(sizes.values())


def _provenance(start: Path | None, fresh: float) -> str:
    """How the weights of a start file were trained, where its card lies beside it; its name and SHA-256, in short.

    Args:
        fresh: share of the weights that the file does not hold.
    """
    if start is None:
        return _RANDOM
    sha256, earlier = hashlib.sha256(start.read_bytes()).hexdigest(), ""
    with suppress(OSError, msgspec.MsgspecError):
        card = CARDS.decode(start.with_suffix(".json").read_bytes())
        earlier = f"{card.recipe}\n\n" if card.sha256 == sha256 else ""
    beside = f", with {100 * fresh:.1f} % of the weights fresh" if fresh else ""
    return f"{earlier}From {start.name} (SHA-256 {sha256[:16]} …){beside}"


def _is_unfinished(last: Path) -> bool:
    try:
        return not read_checkpoint(last).get("finished")
    except (DataRejected, WeightsRejected):  # nothing there, or nothing that could be resumed
        return False


def _check_plan(module: Fit, checkpoint: dict[str, Any]) -> None:
    """A checkpoint's schedule ends with the steps that it was planned for."""
    plan = module.plan()
    if (found := checkpoint.get("plan", plan)) != plan:
        raise WeightsRejected(
            f"a checkpoint of {plan}", found, "give the same recipe, data and teachers, or take the checkpoint away"
        )


def _check_teachers(recipe: Recipe, teachers: tuple[LoadedModel, ...]) -> None:
    if teachers and recipe.task != "classification":
        raise WeightsRejected("teachers for a classifier alone", f"some for {recipe.title}", "leave them out")
    if any(phase.apart for phase in recipe.phases) and not (teachers and recipe.hint_weight):
        raise WeightsRejected("a teacher whose stages are imitated one by one", "none", "name one")
    for teacher in teachers:
        if teacher.card.labels != recipe.labels:
            known = f"{teacher.card.name}, which knows {', '.join(teacher.card.labels)}"
            raise WeightsRejected(f"a teacher of {', '.join(recipe.labels)}", known, "name another one")


def _module(
    network: nn.Module,
    recipe: Recipe,
    fresh: frozenset[str],
    loaders: Loaders,
    teachers: tuple[LoadedModel, ...],
) -> Fit:
    if recipe.task == "segmentation":
        return SegmenterFit(network, recipe, fresh, loaders.steps_per_epoch)
    frequencies = loaders.drawn_frequencies()
    return ClassifierFit(network, recipe, fresh, loaders.steps_per_epoch, frequencies, teachers)


def _precision() -> Literal["bf16-mixed", "32-true"]:
    """bfloat16 beside float32, or float32 alone where there are no instructions for the former: it takes ten times as
    long then.
    """
    on_gpu = torch.cuda.is_available()
    able = torch.cuda.is_bf16_supported(including_emulation=False) if on_gpu else has_bf16()
    return "bf16-mixed" if able else "32-true"


def _train(module: Fit, loaders: Loaders, checkpoints: Checkpoints, resume_from: Path | None) -> None:
    trainer = lightning.Trainer(
        max_epochs=module.recipe.epochs,
        precision=_precision(),
        callbacks=[
            EMAWeightAveraging(decay=module.recipe.ema_decay),
            EarlyStopping("score", mode="max", patience=module.recipe.patience),
            checkpoints,
            TQDMProgressBar(refresh_rate=20),
        ],
        default_root_dir=checkpoints.last.parent,
        logger=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        gradient_clip_val=1.0,
    )
    with (
        warnings.catch_warnings(),
        redirect_stdout(sys.stderr),
        StridedInFloat32(),
    ):  # progress never mixes with a command's output
        warnings.filterwarnings("ignore", ".* does not have many workers")  # their number is the caller's choice
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated", FutureWarning)  # Lightning 2.6 on torch 2.13
        try:
            trainer.fit(module, loaders, ckpt_path=resume_from, weights_only=True)
        except TimeoutError:
            if not checkpoints.stopped:
                raise
        except SystemExit as error:  # Lightning's way to end after Ctrl-C
            if isinstance(error.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            raise
