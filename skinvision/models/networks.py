"""Card -> network, from segmentation-models-pytorch, torchvision and timm, or of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import segmentation_models_pytorch as smp
import timm
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torchvision import models

from skinvision.card import Architecture
from skinvision.errors import UnknownName
from skinvision.models.rest import REST_LITE, rest_stages
from skinvision.models.staged import DenseHead, PooledLinear, StagedClassifier

# Which of torchvision's ``features`` make a stage: cut at each halving of the resolution, so that stage 1 … 4 have
# 1/4 … 1/32 of it, as in a ResNet.
MOBILENET_V2_CUTS = {
    "stem": range(2),
    "stage1": range(2, 4),
    "stage2": range(4, 7),
    "stage3": range(7, 14),
    "stage4": range(14, 19),
}

# Which of timm's modules make a stage, cut likewise. In the blocks the resolution is halved at the first of a stage.
EFFICIENTNET_CUTS = {
    "stem": ("conv_stem", "bn1", "blocks.0"),
    "stage1": ("blocks.1",),
    "stage2": ("blocks.2",),
    "stage3": ("blocks.3", "blocks.4"),
    "stage4": ("blocks.5", "blocks.6", "conv_head", "bn2"),
}

_DRAWS = (Tensor.normal_, Tensor.uniform_)
_PLAIN_CNN = {"plain_cnn": (32, 64, 128, 128)}  # channels of each block


class Unfilled(TorchFunctionMode):
    """Within it, ``build`` draws no weights: a file is to fill them.

    To draw a ResNet-50's at random takes longer than to read them, and on the meta device, where
    segmentation-models-pytorch looks at a network first, Python itself would draw them, with the help of SymPy.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in _DRAWS or getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else given["tensor"]
        return func(*args, **given)


def build(architecture: Architecture, classes: int) -> nn.Module:
    """An untrained network.

    Args:
        architecture: what to build.
        classes: K, the number of output channels or logits.

    Returns:
        A segmenter (N, 3, H, W) -> (N, K, H, W) of logits, or a ``StagedClassifier``.

    Raises:
        UnknownName: no such builder or encoder.
    """
    if architecture.builder not in _BUILDERS:
        raise UnknownName.among("builder", architecture.builder, _BUILDERS)
    return _BUILDERS[architecture.builder](architecture.encoder, classes)


def staged_resnet(resnet: models.ResNet, classes: int) -> StagedClassifier:
    """A torchvision ResNet or ResNeXt as stem, stage1 … stage4 and a fresh pooled linear head; shares its modules."""
    stages = {
        "stem": nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool),
        "stage1": resnet.layer1,
        "stage2": resnet.layer2,
        "stage3": resnet.layer3,
        "stage4": resnet.layer4,
    }
    return StagedClassifier(stages, PooledLinear(resnet.fc.in_features, classes))


def _resnet(encoder: str, classes: int) -> nn.Module:
    known = [
        name for name in models.list_models() if models.get_model_builder(name).__module__ == models.resnet.__name__
    ]
    if encoder not in known:
        raise UnknownName.among("torchvision ResNet", encoder, known)
    # Blocks without start weights begin as the identity (Goyal et al. 2017, section 5.1).
    return staged_resnet(models.get_model(encoder, zero_init_residual=True), classes)


def _mobilenet_v2(encoder: str, classes: int) -> nn.Module:
    if encoder != "mobilenet_v2":
        raise UnknownName.among("torchvision MobileNetV2", encoder, ["mobilenet_v2"])
    features = models.mobilenet_v2().features
    stages = {name: features[cut.start : cut.stop] for name, cut in MOBILENET_V2_CUTS.items()}
    return StagedClassifier(stages, PooledLinear(features[-1].out_channels, classes))


def _efficientnet(encoder: str, classes: int) -> nn.Module:
    known = timm.list_models(["efficientnet_b?", "tf_efficientnet_b?"])
    if encoder not in known:
        raise UnknownName.among("timm EfficientNet", encoder, known)
    network = timm.create_model(encoder, drop_path_rate=0.2)
    stages = {
        name: nn.Sequential(*(network.get_submodule(part) for part in parts))
        for name, parts in EFFICIENTNET_CUTS.items()
    }
    return StagedClassifier(stages, PooledLinear(network.num_features, classes))


def _rest(encoder: str, classes: int) -> nn.Module:
    if encoder != "rest_lite":
        raise UnknownName.among("ResT", encoder, ["rest_lite"])
    return StagedClassifier(rest_stages(REST_LITE), PooledLinear(REST_LITE.channels[-1], classes))


def _plain_cnn(encoder: str, classes: int) -> nn.Module:
    """Blocks of convolution and pooling, then two dense layers, as beginners' courses teach it; sees 128 × 128 px."""
    if encoder not in _PLAIN_CNN:
        raise UnknownName.among("plain CNN", encoder, _PLAIN_CNN)
    channels = _PLAIN_CNN[encoder]
    stages = {
        f"block{number}": nn.Sequential(nn.Conv2d(below, own, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        for number, (below, own) in enumerate(pairwise((3, *channels)), start=1)
    }
    side = 128 >> len(channels)
    return StagedClassifier(stages, DenseHead(channels[-1] * side * side, 256, classes, dropout=0.5))


def _segmenter(model: Callable[..., nn.Module]) -> Callable[[str, int], nn.Module]:
    def build_segmenter(encoder: str, classes: int) -> nn.Module:
        known = smp.encoders.get_encoder_names()
        if encoder not in known and not (encoder.startswith("tu-") and timm.is_model(encoder.removeprefix("tu-"))):
            raise UnknownName.among("encoder", encoder, [*known, "tu-<name in timm>"])
        return model(encoder, encoder_weights=None, classes=classes)

    return build_segmenter


_BUILDERS: dict[str, Callable[[str, int], nn.Module]] = {
    "unet": _segmenter(smp.Unet),
    "deeplabv3plus": _segmenter(smp.DeepLabV3Plus),
    "resnet": _resnet,
    "mobilenet": _mobilenet_v2,
    "efficientnet": _efficientnet,
    "rest": _rest,
    "cnn": _plain_cnn,
}
