"""The methods that show where the evidence for a class lies: what they are called, where they come from, what they say.

``attribution`` computes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from skinvision.errors import UnknownName

GRAD_CAM = "grad-cam"  # of every analysis
BATCH = 8  # pictures or activations in one pass, where a method needs many; a network may look at each twice
PATH_STEPS, PATH_BATCH = 32, 2  # of the path of integrated gradients; passes that keep gradients need more memory
WINDOWS_PER_SIDE = 15  # of occlusion: each an eighth of the side, moved by half of that


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        name: on the command line and in ``Explanation.method``.
        title: as its authors write it.
        source: authors, year and number of the paper.
        says: what its map shows, one sentence.
        unit: of the map's values.
        by_stage: whether the map is made from what leaves a stage; else it is made on the network's input.
        by_class: whether the map depends on the class.
    """

    name: str
    title: str
    source: str
    says: str
    unit: str
    by_stage: bool = True
    by_class: bool = True

    def grain(self, stage: str) -> str:
        """What maps of equal grain have in common: the stage on whose cells they are made, or the method."""
        return stage if self.by_stage else self.name

    def cells(self, explained: int) -> int:
        """Into how many parts of a side the map tells the picture apart.

        Args:
            explained: values along that side of the map.
        """
        return WINDOWS_PER_SIDE + 1 if self.name == "occlusion" else explained

    def portions(self, channels: int) -> int:
        """In how many portions it is made.

        Args:
            channels: C of what leaves the stage.
        """
        batches = -(-channels // BATCH)
        windows = -(-(WINDOWS_PER_SIDE**2) // BATCH)
        many = {
            "score-cam": 1 + batches,
            "ablation-cam": 2 + batches,
            "integrated-gradients": PATH_STEPS // PATH_BATCH,
            "occlusion": 1 + windows,
        }
        return many.get(self.name, 1)

    def passes(self, channels: int, above: float) -> float:
        """As long as about how many forward passes of one picture it takes; a backward pass counts for two.

        Args:
            channels: C of what leaves the stage.
            above: of the network's stages, the share that comes after it.
        """
        many = {
            "score-cam": channels,
            "ablation-cam": channels * above,
            "integrated-gradients": 3 * PATH_STEPS,
            "occlusion": WINDOWS_PER_SIDE**2,
        }
        return many.get(self.name, 0) + 3

    @property
    def is_slow(self) -> bool:
        """Whether it needs many passes."""
        return self.portions(BATCH) > 1


METHODS = {
    method.name: method
    for method in (
        Method(
            GRAD_CAM,
            "Grad-CAM",
            "Selvaraju et al. 2017, arXiv:1610.02391",
            "Each channel counts as much as the class changes with it on average.",
            "logits per cell",
        ),
        Method(
            "grad-cam++",
            "Grad-CAM++",
            "Chattopadhay et al. 2018, arXiv:1710.11063",
            "Like Grad-CAM, but only where more of a channel helps the class, so that small spots are not drowned.",
            "no unit",
        ),
        Method(
            "hirescam",
            "HiResCAM",
            "Draelos and Carin 2020, arXiv:2011.08891",
            "Each cell counts as much as the class changes with that very cell, not with its channel's mean.",
            "logits per cell",
        ),
        Method(
            "layercam",
            "LayerCAM",
            "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
            "Like HiResCAM, but cells that would harm the class count for nothing; made for early stages.",
            "logits per cell",
        ),
        Method(
            "xgrad-cam",
            "XGrad-CAM",
            "Fu et al. 2020, arXiv:2008.02312",
            "Like Grad-CAM, with each channel's changes weighed by where the channel is active.",
            "logits per cell",
        ),
        Method(
            "eigen-cam",
            "Eigen-CAM",
            "Muhammad and Yeasin 2020, arXiv:2008.00299",
            "What differs most from cell to cell. It knows nothing of classes: the map is the same for all of them.",
            "no unit",
            by_class=False,
        ),
        Method(
            "score-cam",
            "Score-CAM",
            "Wang et al. 2020, arXiv:1910.01279",
            "Each channel counts as much as the class is seen when only that channel's places are shown.",
            "no unit",
        ),
        Method(
            "ablation-cam",
            "Ablation-CAM",
            "Desai and Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360",
            "Each channel counts as much as the class loses when the channel is switched off.",
            "logits lost × activation",
        ),
        Method(
            "integrated-gradients",
            "Integrated Gradients",
            "Sundararajan et al. 2017, arXiv:1703.01365",
            "What each pixel adds on the way from one flat colour to the picture. All pixels add up to the whole way.",
            "logits per pixel",
            by_stage=False,
        ),
        Method(
            "occlusion",
            "Occlusion",
            "Zeiler and Fergus 2014, arXiv:1311.2901",
            "What the class loses when a square of the picture is hidden under a flat colour.",
            "logits lost",
            by_stage=False,
        ),
    )
}
ON_PICTURE = "picture"  # in the place of a stage, for methods that work on the network's input


def method(name: str) -> Method:
    """The method called ``name``.

    Raises:
        UnknownName: no such method.
    """
    if name not in METHODS:
        raise UnknownName.among("method", name, METHODS)
    return METHODS[name]
