"""By what a network is run: torch, or OpenVINO, which takes a fraction of the time on a processor.

An engine runs the part of a network that costs time (``registry.body``): a segmenter whole, a classifier up to its last
stage. The head stays in torch. So logits, features and class activation maps come from one activation, whichever engine
made it, and the map of the last stage adds up to the logit as exactly as ever.

OpenVINO reads graphs that ``export`` has made of weights whose SHA-256 was right. They are used only in a precision
that the card says gave the same answers as torch on held-out pictures; else torch is, and the model says why. A
segmenter is two graphs, since its encoder loses more in bfloat16 than may be lost, and its decoder does not.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import torch
from segmentation_models_pytorch.base import SegmentationModel
from torch import Tensor, nn

from skinvision.card import ModelCard
from skinvision.catalogue import folder
from skinvision.errors import NotWritten, UnknownName, WeightsRejected
from skinvision.models.registry import LoadedModel, body
from skinvision.replacing import write

ENGINES = ("torch", "openvino")
# Of all graphs of a network but the last, and of the last; the fastest first.
PRECISIONS = {"bf16": ("bf16", "bf16"), "mixed": ("f32", "bf16"), "f32": ("f32", "f32")}


def equipped(model: LoadedModel, engine: str) -> LoadedModel:
    """The model, run by ``engine`` where that may be; else by torch, with the reason.

    Raises:
        UnknownName: no such engine.
    """
    if engine not in ENGINES:
        raise UnknownName.among("kind of engine", engine, ENGINES)
    if engine == "torch":
        return _quicker(model)
    try:
        return replace(model, engine=openvino_engine(model.card, _precision(model.card)))
    except WeightsRejected as error:
        return replace(_quicker(model), why_torch=str(error))


def _quicker(model: LoadedModel) -> LoadedModel:
    """In bfloat16, where the processor can and the card says that this is faster and gives the same answers."""
    found = model.card.parity.get(TorchBf16.name)
    return replace(model, engine=TorchBf16(model.network)) if found and found.holds and has_bf16() else model


def engine_of(model: LoadedModel) -> str:
    """By what the model is run, in words."""
    return f"{model.engine_name} ({model.why_torch})" if model.why_torch else model.engine_name


def has_bf16() -> bool:
    """Whether the processor has instructions for bfloat16; without them it takes longer than float32."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def usable(card: ModelCard) -> tuple[str, ...]:
    """The precisions in which OpenVINO works on this machine, the fastest first; none where it is not installed."""
    if not find_spec("openvino"):
        return ()
    able = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return tuple(
        precision
        for precision, each in PRECISIONS.items()
        if ("BF16" in able or "bf16" not in each) and len(set(each)) <= len(graphs(card))
    )


def export(model: LoadedModel) -> tuple[Path, ...]:
    """Write the graphs of a model for OpenVINO, in full precision.

    Returns:
        The files; the weights lie beside each.

    Raises:
        WeightsRejected: OpenVINO is not installed.
        NotWritten: there is no room, or no right to write.
    """
    openvino, card = _openvino(), model.card
    size = (-1, -1) if card.task == "segmentation" else card.input_size  # a picture may be upright or not
    given: tuple[Tensor, ...] = (torch.zeros(1, 3, *card.input_size),)
    paths = graphs(card)
    for path, part in zip(paths, _parts(model.network), strict=True):
        with torch.no_grad(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`torch.jit", DeprecationWarning)  # by which OpenVINO reads a network
            warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]  # sizes become numbers
            shapes = [(1, tensor.shape[1], *size) for tensor in given]
            graph = openvino.convert_model(part, example_input=given, input=shapes)
            given = part(*given)  # for the next one
        _write(openvino, graph, path)
    return paths


def graphs(card: ModelCard) -> tuple[Path, ...]:
    """Where the graphs of these weights and looks are, if they were exported, in the order in which they are run."""
    looks = "-twice" if card.looks == 2 else ""
    parts = ("-encoder", "-decoder") if card.task == "segmentation" else ("",)
    return tuple(folder() / "openvino" / f"{card.name}-{card.sha256[:16]}{looks}{part}.xml" for part in parts)


def openvino_engine(card: ModelCard, precision: str) -> OpenVino:
    """The exported graphs of a model, compiled for this machine.

    Args:
        precision: one of ``PRECISIONS``.

    Raises:
        WeightsRejected: OpenVINO is not installed or cannot run a graph, the model was not exported, or a graph was
            changed.
    """
    openvino, paths = _openvino(), graphs(card)
    for path in paths:
        try:
            untouched = _seal(path).read_text() == _digest(path)
        except OSError as error:
            raise WeightsRejected(f"a graph of {card.name} for OpenVINO", "none", "run: make openvino") from error
        if not untouched:
            raise WeightsRejected(f"{path.name} as it was exported", "another file", "run: make openvino")
    try:
        return OpenVino(openvino, paths, precision)
    except RuntimeError as error:  # of a graph that another version of it wrote, for one
        known = f"that OpenVINO can run {' and '.join(path.name for path in paths)}"
        raise WeightsRejected(known, str(error), "run: make openvino") from error


class OpenVino:
    """Graphs, each of which gets what the one before gives, compiled; a thread that calls has requests of its own.

    Attributes:
        name: of the engine and its precision, as in ``ModelCard.parity``.
    """

    def __init__(self, openvino: ModuleType, paths: tuple[Path, ...], precision: str) -> None:
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        self.name = f"openvino {precision}"
        first, last = PRECISIONS[precision]
        core, precisions = openvino.Core(), [*[first] * (len(paths) - 1), last]
        self._compiled = [
            core.compile_model(path, "CPU", settings | {"INFERENCE_PRECISION_HINT": each})
            for path, each in zip(paths, precisions, strict=True)
        ]
        self._own = threading.local()

    def __call__(self, picture: Tensor) -> Tensor:
        if not hasattr(self._own, "requests"):
            self._own.requests = [compiled.create_infer_request() for compiled in self._compiled]
        *before, last = self._own.requests
        given: Sequence[Any] = [picture.contiguous().numpy()]
        for request in before:
            request.infer(given, share_outputs=True)
            given = request.output_tensors
        return torch.from_numpy(last.infer(given)[0])


class TorchBf16:
    """Torch in bfloat16, where the processor has instructions for it."""

    name = "torch bf16"

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def __call__(self, picture: Tensor) -> Tensor:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            return body(self._network, picture).float()


def _parts(network: nn.Module) -> tuple[nn.Module, ...]:
    """``registry.body`` as the modules that OpenVINO converts, as many as there are ``graphs``: two of a segmenter."""
    if isinstance(network, SegmentationModel):
        return _Encoder(network), _Decoder(network)
    return (_Body(network),)


class _Body(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        return body(self.network, picture)


class _Encoder(nn.Module):
    def __init__(self, network: SegmentationModel) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.encoder(picture))


class _Decoder(nn.Module):
    def __init__(self, network: SegmentationModel) -> None:
        super().__init__()
        self.decoder, self.head = network.decoder, network.segmentation_head

    def forward(self, *features: Tensor) -> Tensor:
        logits: Tensor = self.head(self.decoder(list(features)))
        return logits


def _precision(card: ModelCard) -> str:
    """The fastest one whose answers are torch's."""
    _openvino()
    able = usable(card)
    for precision in able:
        found = card.parity.get(f"openvino {precision}")
        if found and found.holds:
            return precision
    expected = f"the same answers of {card.name} as by torch, and sooner, in one of {', '.join(able)}"
    command = f"python -m skinvision parity {card.task} --model {card.name} --data DIR --update"
    raise WeightsRejected(expected, "others, later ones, or nobody looked", f"run: {command}")


def _openvino() -> Any:
    """The package, without the one that would tell its makers about each use.

    Raises:
        WeightsRejected: it is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # so that importing it fails
    try:
        import openvino
    except ImportError as error:
        raise WeightsRejected("OpenVINO", "no such package", "run: make openvino") from error
    return openvino


def _write(openvino: ModuleType, graph: Any, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent) as beside:
            written = Path(beside, path.name)
            openvino.save_model(graph, written, compress_to_fp16=False)
            contents = {_weights(path): _weights(written).read_bytes(), path: written.read_bytes()}
            digest = _digest(written)
    except (OSError, RuntimeError) as error:
        raise NotWritten(f"to write {path}", str(error), "make room, or look at the folder's rights") from error
    write(contents | {_seal(path): digest.encode()})


def _weights(path: Path) -> Path:
    return path.with_suffix(".bin")


def _seal(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _digest(path: Path) -> str:
    """SHA-256 of both files of a graph."""
    return hashlib.sha256(path.read_bytes() + _weights(path).read_bytes()).hexdigest()
