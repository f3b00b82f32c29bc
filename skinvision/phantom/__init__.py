"""Synthetic lesions that look like dermoscopy and whose truth is known: the mask, and the place of what decides."""

from skinvision.phantom.lesson import as_case, feature_mask, lesson
from skinvision.phantom.scene import FEATURES, Feature, Phantom, draw

__all__ = ["FEATURES", "Feature", "Phantom", "as_case", "draw", "feature_mask", "lesson"]
