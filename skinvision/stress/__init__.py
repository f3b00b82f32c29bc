"""A picture under stress: taken apart, or with something added that should not matter. Pure functions, no networks."""

from skinvision.stress.artefacts import ARTEFACTS, Artefact, artefact
from skinvision.stress.brush import LESS, MORE, grown, paint, redraw
from skinvision.stress.picture import Stressed
from skinvision.stress.questions import SCENES, Scene
from skinvision.stress.scenes import background_only, lesion_moved, lesion_only, other_skin

__all__ = [
    "ARTEFACTS",
    "SCENES",
    "Artefact",
    "LESS",
    "MORE",
    "Scene",
    "Stressed",
    "artefact",
    "background_only",
    "grown",
    "lesion_moved",
    "lesion_only",
    "other_skin",
    "paint",
    "redraw",
]
