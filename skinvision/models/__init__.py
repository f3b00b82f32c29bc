"""Cards, weights and networks. Importing this package imports torch and timm, and makes torchvision importable."""

from skinvision.models.compiler import without_compiler
from skinvision.models.operators import make_importable

with without_compiler():
    make_importable()
    import timm  # noqa: F401
