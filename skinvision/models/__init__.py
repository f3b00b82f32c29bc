"""Cards, weights and networks. Importing this package imports torch and makes torchvision importable."""

from skinvision.models.operators import make_importable

make_importable()
