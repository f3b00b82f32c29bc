"""What is claimed about speed, as programs: ``python -m benchmarks.analyse``, ``.cam``, ``.models``, ``.app``, ``.load``."""

import skinvision.models  # noqa: F401  makes torchvision importable for grad-cam
