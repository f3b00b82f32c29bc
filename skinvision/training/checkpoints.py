"""Where a training run can be taken up again: the checkpoint after each epoch, and when its time is over."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint

from skinvision.errors import DataRejected, WeightsRejected


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The checkpoint at ``path``; tensors and plain values alone, no code.

    Raises:
        DataRejected: there is none.
        WeightsRejected: the file is damaged or holds anything else.
    """
    if not path.is_file():
        raise DataRejected(f"a checkpoint at {path}", "no file", "train without --resume first")
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsRejected(f"a checkpoint at {path}", str(error), "train without --resume") from error
    return checkpoint


class Checkpoints(Checkpoint):
    """Keeps one checkpoint, ``last``: written after each epoch, and within one when the time is over.

    Lightning has no clean way to leave an epoch unfinished: ``should_stop`` validates and closes it, so that resuming
    would skip its rest. A ``TimeoutError`` leaves the loops as the checkpoint holds them.

    Args:
        last: file to write.
        max_minutes: how long training may go on from now; None sets no limit.
    """

    def __init__(self, last: Path, max_minutes: float | None) -> None:
        super().__init__()
        self.last = last
        self.stopped = False
        self._deadline = None if max_minutes is None else time.monotonic() + 60 * max_minutes

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        # After the last batch comes validation, then on_train_epoch_end: the epoch is not cut off before it counts.
        if self._is_over(trainer) and not trainer.is_last_batch:
            trainer.save_checkpoint(self.last, weights_only=False)
            self._stop()

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        trainer.save_checkpoint(self.last, weights_only=False)
        if self._is_over(trainer) and trainer.current_epoch + 1 < (trainer.max_epochs or 0):
            self._stop()

    def _is_over(self, trainer: lightning.Trainer) -> bool:
        over = self._deadline is not None and time.monotonic() >= self._deadline
        return bool(trainer.strategy.broadcast(over))  # all devices stop after the same batch

    def _stop(self) -> None:
        self.stopped = True
        raise TimeoutError("training time is over")
