"""torchvision beside a CPU-only torch. Each case needs an interpreter in which nothing is imported yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from skinvision.models import operators

ROOT = Path(__file__).parents[1]


def test_torchvision_can_be_imported_and_another_fault_is_not_hidden(tmp_path: Path) -> None:
    broken = tmp_path / "torchvision.py"
    broken.write_text("raise RuntimeError('the disk is on fire')")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
try:
    import skinvision.models
except RuntimeError as error:
    print(error)
sys.path.remove({str(tmp_path)!r})
import skinvision.models
from torchvision.models import resnet18
print(resnet18.__name__)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["the disk is on fire", "resnet18"]


def test_a_second_call_declares_nothing_more() -> None:
    declared = len(operators._declared)
    operators.make_importable()
    assert len(operators._declared) == declared
    assert hasattr(torch.ops.torchvision, "nms")


def test_torchs_compiler_and_sympy_wait_until_somebody_needs_them() -> None:
    program = """
import sys
from skinvision.compiler import without_compiler
with without_compiler():
    from skinvision import phantom
    from skinvision.pipeline import Analyser
    from skinvision.types import Case
    analyser = Analyser.load()
print("sympy" in sys.modules)
analyser.analyse(Case(phantom.draw(1, height=64, width=64).image, ""))
print("torch._dynamo" in sys.modules)
import torch._dynamo
print(torch._dynamo.disable.__module__, torch.compile(lambda x: x + 1, backend="eager")(torch.zeros(1)).item())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:3] == ["False", "False", "torch._dynamo.decorators 1.0"], done.stderr
