"""Networks run by OpenVINO: the same answers, only where that was measured, and never a graph that was changed."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from skinvision import cli, phantom
from skinvision.card import Architecture
from skinvision.errors import UnknownName, WeightsRejected
from skinvision.models import engines, networks, registry
from skinvision.models.engines import (
    OpenVino,
    TorchBf16,
    engine_of,
    equipped,
    export,
    graphs,
    has_bf16,
    openvino_engine,
    usable,
)
from skinvision.models.registry import LoadedModel, body, load
from skinvision.pipeline import Analyser
from skinvision.reports import Parity
from skinvision.types import Case
from tests.pages import ROOT
from tests.tiny import FULL, save_tiny

SAME = {f"openvino {precision}": Parity(200, 1.0, 0.01, 0.5) for precision in ("bf16", "f32")}


@pytest.mark.parametrize(("height", "width"), [(90, 120), (120, 90), (64, 64)])
@pytest.mark.usefixtures("exported")
def test_openvino_gives_the_analysis_of_torch(height: int, width: int) -> None:
    case = Case(phantom.draw(3, height=height, width=width).image, "")
    ours, theirs = (Analyser.load(engine=engine) for engine in ("torch", "openvino"))
    assert theirs.engines == ("openvino f32", "openvino f32")
    one, other = ours.analyse(case), theirs.analyse(case)
    np.testing.assert_allclose(other.mask.probability, one.mask.probability, atol=1e-4)
    np.testing.assert_allclose(other.prediction.logits, one.prediction.logits, rtol=1e-3, atol=1e-4)
    for mine, its in zip(one.explanations, other.explanations, strict=True):
        scale = abs(mine.activation_map).max()
        np.testing.assert_allclose(its.activation_map, mine.activation_map, atol=1e-3 * scale)
    with torch.no_grad():
        bias = load("resnet50").network.head.bias.numpy()
    sums = [explanation.activation_map.sum() for explanation in other.explanations]
    np.testing.assert_allclose(sums, other.prediction.logits - bias, rtol=1e-4, atol=1e-5)
    earlier = [analyser.explain(analysis, "stage2") for analyser, analysis in ((ours, one), (theirs, other))]
    np.testing.assert_allclose(*(e.explanations[0].activation_map for e in earlier), atol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "size"),
    [
        (Architecture("deeplabv3plus", "segmentation-models-pytorch", "tu-test_efficientnet"), (64, 96)),
        (Architecture("mobilenet", "torchvision", "mobilenet_v2"), (64, 64)),
        (Architecture("efficientnet", "timm", "tf_efficientnet_b0"), (64, 64)),
        (Architecture("rest", "skinvision", "rest_lite"), (96, 96)),
        (Architecture("cnn", "skinvision", "plain_cnn"), (128, 128)),
    ],
    ids=lambda value: value.builder if isinstance(value, Architecture) else "",
)
@pytest.mark.usefixtures("own_weights")
def test_every_kind_of_network_can_be_exported(architecture: Architecture, size: tuple[int, int]) -> None:
    task = "segmentation" if architecture.builder == "deeplabv3plus" else "classification"
    torch.manual_seed(0)
    network = networks.build(architecture, 3).eval().requires_grad_(False)
    card = replace(save_tiny(task), input_size=size)
    export(LoadedModel(card, network, None))
    engine, picture = openvino_engine(card, "f32"), torch.rand(1, 3, *size)
    for each in (picture, picture.mT.contiguous()) if task == "segmentation" else (picture,):
        with torch.no_grad():
            expected = body(network, each)
        torch.testing.assert_close(engine(each), expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.usefixtures("own_weights")
def test_a_graph_has_as_many_looks_as_its_network() -> None:
    picture, cards = torch.rand(1, 3, 64, 96), [save_tiny("classification", looks=looks) for looks in (1, 2)]
    assert cards[0].sha256 == cards[1].sha256
    for card in cards:
        registry.rewrite(card)
        model = load(card.name)
        export(model)
        with torch.no_grad():
            expected = body(model.network, picture)
        found = openvino_engine(card, "f32")(picture)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.usefixtures("exported")
def test_a_graph_in_bfloat16_is_near_and_has_its_own_name() -> None:
    model, picture = load("resnet50"), torch.rand(1, 3, 64, 96)
    if "bf16" not in usable(model.card):
        pytest.skip("this processor has no bfloat16")
    near = openvino_engine(model.card, "bf16")
    assert near.name == "openvino bf16"
    expected = model.run(picture)
    torch.testing.assert_close(near(picture), expected, rtol=0.1, atol=0.05 * float(expected.abs().max()))


@pytest.mark.usefixtures("exported")
def test_a_segmenter_may_have_its_encoder_alone_in_full_precision() -> None:
    model, chance = load("unet"), torch.Generator().manual_seed(0)
    precisions = usable(model.card)
    if "bf16" not in precisions:
        pytest.skip("this processor has no bfloat16")
    assert precisions == ("bf16", "mixed", "f32")
    assert "mixed" not in usable(registry.read_card("resnet50"))
    pictures = [torch.rand(1, 3, 64, 96, generator=chance) for _ in range(20)]
    expected = torch.cat([model.run(picture) for picture in pictures])
    low, mixed, full = (
        float((torch.cat(list(map(openvino_engine(model.card, precision), pictures))) - expected).abs().mean())
        for precision in precisions
    )
    assert full < mixed < low


def test_a_graph_that_openvino_cannot_run_leaves_the_network_to_torch(exported: Path) -> None:
    path = graphs(load("resnet50").card)[0]
    assert path.is_relative_to(exported)
    path.write_text("<net/>")
    engines._seal(path).write_text(engines._digest(path))
    model = equipped(load("resnet50"), "openvino")
    assert model.engine is None
    assert "run: make openvino" in model.why_torch


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({}, "nobody looked"),
        ({"openvino f32": Parity(200, 0.99, 0.01, 0.5)}, "others"),
        ({"openvino f32": Parity(200, 1.0, 0.2, 0.5)}, "others"),
        ({"openvino f32": Parity(200, 1.0, 0.0, 1.0)}, "others"),
        (FULL, "a graph of resnet50 for OpenVINO, got none; run: make openvino"),
    ],
    ids=["not measured", "other classes", "other logits", "slower", "not exported"],
)
@pytest.mark.usefixtures("own_weights")
def test_torch_steps_in_and_says_why(known: dict[str, Parity], reason: str) -> None:
    save_tiny("classification", parity=known)
    model = equipped(load("resnet50"), "openvino")
    assert engine_of(model).startswith("torch (")
    assert reason in engine_of(model)


@pytest.mark.usefixtures("exported")
def test_an_encoder_that_loses_too_much_is_run_in_full_precision_alone() -> None:
    lossy = {"openvino bf16": Parity(200, 1.0, 0.2, 0.3)}
    good = {f"openvino {precision}": Parity(200, 1.0, 0.01, 0.5) for precision in ("mixed", "f32")}
    registry.rewrite(replace(registry.read_card("unet"), parity=lossy | good))
    expected = "mixed" if "mixed" in usable(registry.read_card("unet")) else "f32"
    assert engine_of(equipped(load("unet"), "openvino")) == f"openvino {expected}"


@pytest.mark.usefixtures("exported")
def test_the_fastest_precision_that_gives_the_same_answers_is_taken() -> None:
    registry.rewrite(replace(registry.read_card("resnet50"), parity=SAME))
    model = equipped(load("resnet50"), "openvino")
    assert engine_of(model) == f"openvino {usable(model.card)[0]}"


@pytest.mark.parametrize("ending", ["xml", "bin", "sha256"])
@pytest.mark.parametrize("name", ["unet", "resnet50"])
@pytest.mark.usefixtures("exported")
def test_a_changed_graph_is_not_run(name: str, ending: str) -> None:
    card = registry.read_card(name)
    path = graphs(card)[-1].with_suffix(f".{ending}")
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(WeightsRejected, match="as it was exported, got another file; run: make openvino"):
        openvino_engine(card, "f32")


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.usefixtures("exported")
def test_a_segmenter_needs_both_of_its_graphs(part: int) -> None:
    card = registry.read_card("unet")
    graphs(card)[part].unlink()
    with pytest.raises(WeightsRejected, match="a graph of unet for OpenVINO, got none"):
        openvino_engine(card, "f32")


@pytest.mark.usefixtures("exported")
def test_a_graph_of_other_weights_is_not_run() -> None:
    save_tiny("classification", seed=1, parity=FULL)
    assert "got none" in engine_of(equipped(load("resnet50"), "openvino"))


@pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16")
@pytest.mark.usefixtures("own_weights")
def test_torch_takes_bfloat16_where_its_answers_are_the_same() -> None:
    save_tiny("classification", parity={TorchBf16.name: Parity(200, 1.0, 0.01, 0.5)})
    model = equipped(load("resnet50"), "torch")
    assert engine_of(model) == "torch bf16"
    found, expected = (each.run(torch.rand(1, 3, 64, 96)) for each in (model, load("resnet50")))
    assert found.dtype == expected.dtype
    save_tiny("classification", parity={TorchBf16.name: Parity(200, 1.0, 0.5, 0.5)})
    assert engine_of(equipped(load("resnet50"), "torch")) == "torch"


@pytest.mark.usefixtures("weights")
def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(UnknownName, match="kind of engine among torch, openvino, got 'tpu'"):
        Analyser.load(engine="tpu")


def test_without_the_package_torch_steps_in(exported: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['openvino'] = None  # so that importing it fails\n"
        "from skinvision.pipeline import Analyser\n"
        "print(*Analyser.load(engine='openvino').engines)\n"
    )
    environment = {"SKINVISION_WEIGHTS": str(exported), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.count("torch (expected OpenVINO, got no such package; run: make openvino)") == 2, done.stderr


@pytest.mark.usefixtures("exported")
def test_nobody_is_told_of_the_use() -> None:
    openvino_engine(registry.read_card("resnet50"), "f32")
    assert sys.modules["openvino_telemetry"] is None


@pytest.mark.parametrize("name", ["unet", "resnet50"])
@pytest.mark.usefixtures("exported")
def test_each_thread_has_requests_of_its_own(name: str) -> None:
    card = registry.read_card(name)
    engine, sizes = openvino_engine(card, "f32"), [(64, 96), (96, 64)] if name == "unet" else [(64, 96)]
    pictures = [torch.rand(1, 3, *size) for size in sizes * 4]
    alone = [engine(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(engine, pictures * 10))
    for found, expected in zip(together, alone * 10, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.usefixtures("own_weights")
def test_the_commands_export_and_analyse(lesions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for task in ("segmentation", "classification"):
        save_tiny(task)  # type: ignore[arg-type]
    assert cli.main(["export"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(path) for name in ("unet", "resnet50") for path in graphs(registry.read_card(name))
    ]
    assert cli.main(["parity", "classification", "--data", str(lesions), "--pictures", "2"]) == 0
    assert "| openvino f32" in capsys.readouterr().out
    picture = str(next((lesions / "images").iterdir()))
    assert cli.main(["analyse", picture, "--engine", "openvino"]) == 0
    assert "unet is run by torch (expected the same answers of unet" in capsys.readouterr().err
    assert cli.main(["analyse", picture, "--engine", "tpu"]) == 2


def test_an_engine_of_a_module_that_fails_is_not_hidden() -> None:
    with pytest.raises(RuntimeError):
        OpenVino(sys.modules["openvino"], (Path("nowhere.xml"),), "f32")


def test_a_plain_module_runs_whole() -> None:
    assert body(nn.Identity(), torch.ones(1, 3, 2, 2)).sum() == 12
