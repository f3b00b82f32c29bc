"""``python -m skinvision``."""

from __future__ import annotations

import sys

from skinvision.cli import main

if __name__ == "__main__":
    sys.exit(main())
