"""What the command line accepts; ``cli`` does it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

_TASKS = ("segmentation", "classification")
_REGIONS = ("whole", "box", "lesion")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of one command, with its name as ``command``.

    Args:
        arguments: without the program's name; those of the process by default.

    Raises:
        SystemExit: the arguments are not understood (2), or help was asked for (0).
    """
    parser = argparse.ArgumentParser(
        prog="python -m skinvision",
        description="Mask, heatmap and calibrated probabilities of skin lesions: for teaching, not for diagnosis.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary, description, fill in (
        ("analyse", "analyse pictures", _ANALYSE, _fill_analyse),
        ("explain", "show where the evidence for a class lies, and test it", _EXPLAIN, _fill_explain),
        ("evaluate", "measure a model on labelled pictures", _EVALUATE, _fill_evaluate),
        ("sweep", "measure a classifier's shortcuts", _SWEEP, _fill_sweep),
        ("contest", "measure which method is most faithful", _CONTEST, _fill_contest),
        ("truth", "measure whether maps find what decides", _TRUTH, _fill_truth),
        ("export", "prepare models for OpenVINO", _EXPORT, _fill_export),
        ("parity", "measure whether other engines give torch's answers", _PARITY, _fill_parity),
        ("train", "train a model", _TRAIN, _fill_train),
        ("combine", "make one model of several", _COMBINE, _fill_combine),
        ("refit", "fit a classifier's decision and calibration anew", _REFIT, _fill_refit),
        ("models", "list the models and their figures", "List the models and their figures.", _fill_models),
    ):
        fill(commands.add_parser(name, help=summary, description=description, allow_abbrev=False))
    return parser.parse_args(arguments)


_ANALYSE = "Analyse pictures, one line each. Exit status: 0 all analysed, 1 some rejected, 2 wrong usage."
_EXPLAIN = "Where the evidence for one class lies, by any method, and whether to believe it. Exit status as of analyse."
_EVALUATE = "Measure a model on a folder with images/, metadata.csv (image_id, dx, split) and masks/<image_id>.png."
_SWEEP = (
    "What changes that should not matter (ink, rulers, hair, another skin …) do to a classifier on labelled pictures."
)
_CONTEST = (
    "Which method's maps are most faithful to a classifier, over labelled pictures: deletion, insertion and verdicts."
)
_EXPORT = "Write the graphs that OpenVINO runs, beside the weights; prints the path of each."
_PARITY = "How near other engines' answers are to torch's, on labelled pictures; near enough, they are used instead."
_TRUTH = "How well maps find the deciding feature of synthetic lesions, in which it is known."
_TRAIN = "Train on the splits train and val of a folder like that of evaluate; writes weights and model card."

_COMBINE = "Average the logits of finished classifiers: writes an ensemble, with a card of its own, that needs them."


_REFIT = (
    "Fit anew, on the split val, what follows the training of a classifier: how often it looks at a picture, decision, "
    "calibration and outlier rule. Its sweep, contest, parity and milliseconds have to be measured anew after that, "
    "and ensembles that it is part of combined anew."
)


def _path(text: str) -> Path:
    if not text:  # it would be the folder that one is in
        raise argparse.ArgumentTypeError("expected a path, got an empty one")
    return Path(text)


def _fill_analyse(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="+", type=_path, metavar="PATH", help="a picture, or a folder of pictures")
    command.add_argument("--segmenter", metavar="NAME", help="the model that finds the lesion")
    command.add_argument("--classifier", metavar="NAME", help="the model that names it")
    command.add_argument("--engine", default="torch", metavar="E", help="torch or openvino (default: torch)")
    command.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    command.add_argument(
        "--out",
        type=_path,
        metavar="DIR",
        help="also write mask.png, overlay.png, heatmap.png and analysis.json to DIR/<stem>; pictures of the same stem "
        "go to <stem>, <stem>-2, <stem>-3 …",
    )


def _fill_explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="+", type=_path, metavar="PATH", help="a picture, or a folder of pictures")
    command.add_argument("--class", dest="target", metavar="LABEL", help="the class; else the predicted one")
    command.add_argument("--method", default="grad-cam", metavar="M", help="such as layercam (default: grad-cam)")
    command.add_argument("--stage", metavar="S", help="where the map is made; else at the last stage")
    command.add_argument("--segmenter", metavar="NAME", help="the model that finds the lesion")
    command.add_argument("--classifier", metavar="NAME", help="the model that names it")
    command.add_argument("--faithfulness", action="store_true", help="put the map to the test; takes a while")
    command.add_argument("--in-full", action="store_true", help="with tests that need twenty maps, of slow methods too")
    command.add_argument("--json", action="store_true", help="one JSON object a line and picture")


def _fill_evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("task", choices=_TASKS)
    command.add_argument("--data", type=_path, required=True, metavar="DIR", help="the folder")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--split", metavar="S", help="only the pictures of this split")
    what.add_argument("--update", action="store_true", help="the splits val and test, and write them into the card")
    command.add_argument("--model", metavar="NAME", help="the model; else the default one of the task")
    command.add_argument("--json", action="store_true", help="one JSON object instead of tables")


def _fill_sweep(command: argparse.ArgumentParser) -> None:
    _add_held_out(command, per_class=50)


def _fill_contest(command: argparse.ArgumentParser) -> None:
    _add_held_out(command, per_class=5)
    command.add_argument("--slow", action="store_true", help="with the methods that need many passes")


def _add_held_out(command: argparse.ArgumentParser, per_class: int) -> None:
    command.add_argument("--data", type=_path, required=True, metavar="DIR", help="a folder like that of evaluate")
    command.add_argument("--split", default="test", metavar="S", help="of which pictures (default: test)")
    command.add_argument("--model", metavar="NAME", help="the classifier; else the default one")
    command.add_argument(
        "--per-class",
        type=positive,
        default=per_class,
        metavar="N",
        help=f"at most so many pictures of a diagnosis (default: {per_class})",
    )
    command.add_argument("--update", action="store_true", help="write what was found into the model's card")
    command.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def _fill_truth(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pictures", type=positive, default=40, metavar="N", help="how many to draw (default: 40)")
    command.add_argument("--update", action="store_true", help="write what was found into the model's card")
    command.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def _fill_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", nargs="+", metavar="NAME", help="the models; else all")


def _fill_parity(command: argparse.ArgumentParser) -> None:
    command.add_argument("task", choices=_TASKS)
    command.add_argument("--data", type=_path, required=True, metavar="DIR", help="a folder like that of evaluate")
    command.add_argument("--split", default="val", metavar="S", help="of which pictures (default: val)")
    command.add_argument("--model", metavar="NAME", help="the model; else the default one of the task")
    command.add_argument("--pictures", type=positive, default=200, metavar="N", help="at most so many (default: 200)")
    command.add_argument("--update", action="store_true", help="write what was found into the model's card")
    command.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def _fill_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("task", choices=_TASKS)
    command.add_argument("--data", type=_path, required=True, metavar="DIR", help="the folder")
    command.add_argument("--out", required=True, metavar="NAME", help="what the model will be called")
    command.add_argument("--recipe", metavar="R", help="how to train; else the default recipe of the task")
    command.add_argument("--region", choices=_REGIONS, help="what to look at; else as the recipe says")
    command.add_argument("--start", type=_path, metavar="FILE", help="safetensors to start from")
    command.add_argument(
        "--extra",
        type=_path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="more folders, whose split train is learnt from too",
    )
    command.add_argument(
        "--teacher",
        nargs="+",
        default=[],
        metavar="NAME",
        help="finished models of the same labels, to imitate as well",
    )
    command.add_argument(
        "--runs", type=_path, default=Path("runs"), metavar="DIR", help="for checkpoints (default: runs)"
    )
    _add_foreign(command)
    command.add_argument(
        "--background",
        type=_path,
        metavar="DIR",
        help="a folder of pictures of another kind, against whose split train strangeness is measured",
    )
    command.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    command.add_argument("--ship", action="store_true", help="write the model even before the last epoch")
    command.add_argument("--max-minutes", type=minutes, metavar="M", help="stop after so long, with a checkpoint")
    command.add_argument("--workers", type=processes, default=1, metavar="N", help="processes that prepare pictures")


def _fill_combine(command: argparse.ArgumentParser) -> None:
    command.add_argument("members", nargs="+", metavar="NAME", help="finished classifiers, two or more")
    command.add_argument("--data", type=_path, required=True, metavar="DIR", help="the folder that they learnt from")
    command.add_argument("--out", required=True, metavar="NAME", help="what the ensemble will be called")
    _add_foreign(command)


def _fill_refit(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="NAME", help="a finished classifier for dermoscopy")
    command.add_argument(
        "--looks",
        type=int,
        nargs="+",
        choices=(1, 2),
        default=[],
        metavar="N",
        help="how often it may look at a picture, 1 or 2; of both, the better on val (default: as it does)",
    )
    command.add_argument("--data", type=_path, required=True, metavar="DIR", help="the folder that it learnt from")
    _add_foreign(command)


def _add_foreign(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--foreign",
        type=_path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders of pictures that are not dermoscopy, to measure how well they are noticed",
    )


def _fill_models(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="the whole cards as one JSON array")


def minutes(text: str) -> float:
    """A time limit above 0. Its name stands in the message about other text."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected minutes above 0, got {text}")
    return number


def positive(text: str) -> int:
    """A number from 1 on. Its name stands in the message about other text."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text}")
    return number


def processes(text: str) -> int:
    """A number of processes, 0 or more. Its name stands in the message about other text."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected 0 or more, got {text}")
    return number
