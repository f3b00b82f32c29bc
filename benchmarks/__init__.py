"""What is claimed about speed and load, as programs: ``python -m benchmarks.analyse``, ``.load`` and so on."""

import skinvision.models  # noqa: F401  makes torchvision importable for grad-cam
