"""Tests of skinvision. Its models come first: beside a CPU-only torch, they make torchvision importable."""

import skinvision.models  # noqa: F401
