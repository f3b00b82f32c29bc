"""Training, calibration and evaluation. Training itself needs ``requirements-train.txt``; evaluation does not."""

import skinvision.models  # noqa: F401  makes torchvision importable, before any library asks for it
