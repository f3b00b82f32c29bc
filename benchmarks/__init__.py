"""What is claimed about speed, as programs: ``python -m benchmarks.analyse``, ``.cam``, ``.models`` and ``.app``."""

import skinvision.models  # noqa: F401  makes torchvision importable for grad-cam
