"""Where a training run can be taken up again, its best epoch, and when its time is over."""

from __future__ import annotations

import pickle
import shutil
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint

from skinvision.errors import DataRejected, WeightsRejected
from skinvision.replacing import replacing
from skinvision.training.modules import Fit


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The checkpoint at ``path``; tensors and plain values alone, no code.

    Raises:
        DataRejected: there is none.
        WeightsRejected: the file is damaged or holds anything else.
    """
    if not path.is_file():
        raise DataRejected(f"a checkpoint at {path}", "no file", "train without --resume first")
    try:
        _check_sums(path)
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise WeightsRejected(f"a checkpoint at {path}", str(error), "train without --resume") from error
    return checkpoint


def _check_sums(path: Path) -> None:
    """A checkpoint is a ZIP file, with a sum for each of its parts, which torch writes and does not look at."""
    with zipfile.ZipFile(path) as archive:
        if damaged := archive.testzip():
            raise zipfile.BadZipFile(f"a damaged {damaged}")


def best_of(last: Path) -> Path:
    """The checkpoint of the best epoch, beside the last one."""
    return last.with_name("best.ckpt")


class Checkpoints(Checkpoint):
    """Keeps two checkpoints: ``last``, written after each epoch and within one when the time is over, and ``best``.

    Lightning has no clean way to leave an epoch unfinished: ``should_stop`` validates and closes it, so that resuming
    would skip its rest. A ``TimeoutError`` leaves the loops as the checkpoint holds them.

    Args:
        last: file to write; ``best.ckpt`` beside it is the epoch with the best validation score.
        max_minutes: how long training may go on from now; None sets no limit.
    """

    def __init__(self, last: Path, max_minutes: float | None) -> None:
        super().__init__()
        self.last = last
        self.stopped = False
        self._finished = False
        self._deadline = None if max_minutes is None else time.monotonic() + 60 * max_minutes

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        # After the last batch comes validation, then on_train_epoch_end: the epoch is not cut off before it counts.
        if self._is_over(trainer) and not trainer.is_last_batch:
            self._save(trainer)
            self._stop()

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        self._finished = trainer.should_stop or trainer.current_epoch + 1 >= (trainer.max_epochs or 0)
        self._save(trainer)
        if trainer.is_global_zero and self._is_best(trainer):
            with replacing(best_of(self.last)) as (best,):
                shutil.copyfile(self.last, best)
        if self._is_over(trainer) and not self._finished:
            self._stop()

    def on_save_checkpoint(self, _trainer: lightning.Trainer, _module: Any, checkpoint: dict[str, Any]) -> None:
        checkpoint["finished"] = self._finished

    def _save(self, trainer: lightning.Trainer) -> None:
        """Lightning writes in the system's folder for temporary files, and moves: to another disk, that is a copy."""
        with replacing(self.last) as (last,):
            trainer.save_checkpoint(last, weights_only=False)

    @staticmethod
    def _is_best(trainer: lightning.Trainer) -> bool:
        module = trainer.lightning_module
        assert isinstance(module, Fit)
        scores = [epoch.score for epoch in module.epochs]
        return bool(scores[-1] >= max(scores))

    def _is_over(self, trainer: lightning.Trainer) -> bool:
        over = self._deadline is not None and time.monotonic() >= self._deadline
        return bool(trainer.strategy.broadcast(over))  # all devices stop after the same batch

    def _stop(self) -> None:
        self.stopped = True
        raise TimeoutError("training time is over")
