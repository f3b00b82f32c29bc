"""The recipes: how each shipped model is trained, and the rounds that led to it."""

from __future__ import annotations

from dataclasses import replace

from skinvision.card import Architecture
from skinvision.models.networks import EFFICIENTNET_CUTS, MOBILENET_V2_CUTS
from skinvision.training.recipe import IMAGENET_MEAN, IMAGENET_STD, Phase, Recipe

HAM10000 = {
    "akiec": "Actinic keratosis / Bowen's disease",
    "bcc": "Basal cell carcinoma",
    "bkl": "Benign keratosis",
    "df": "Dermatofibroma",
    "mel": "Melanoma",
    "nv": "Melanocytic nevus",
    "vasc": "Vascular lesion",
}

UNET = Recipe(
    name="unet",
    title="UNet · EfficientNet-B0",
    task="segmentation",
    architecture=Architecture("unet", "segmentation-models-pytorch", "tu-tf_efficientnet_b0"),
    labels=("lesion",),
    titles=("Lesion",),
    start_names={"": "encoder.model.", **{part: part for part in ("encoder.", "decoder.", "segmentation_head.")}},
    phases=(Phase((96, 128), 7), Phase((144, 192), 6), Phase((192, 256), 5)),
    input_size=(192, 256),
    stored_size=(192, 256),
    batch_size=16,
    learning_rate=5e-4,
    fresh_factor=3.0,
    weights_licence="Apache-2.0; the training pictures are CC-0",
    limits=(
        "Trained on dermoscopy alone: on an ordinary photograph the mask means nothing.",
        "ISIC 2017 shows light skin almost only; nothing is known of other skin.",
        "One lesion per picture is expected; of several, some may be missed or joined.",
        "Lesions that fill or leave the frame, faint borders and dense hair are where masks fail most.",
    ),
)

DEEPLABV3PLUS = replace(
    UNET,
    name="deeplabv3plus",
    title="DeepLabV3+ · EfficientNet-B0",
    architecture=replace(UNET.architecture, builder="deeplabv3plus"),
)

RESNET50_BASE = Recipe(
    name="resnet50-base",
    title="ResNet50, first round",
    task="classification",
    architecture=Architecture("resnet", "torchvision", "resnet50"),
    labels=tuple(HAM10000),
    titles=tuple(HAM10000.values()),
    start_names={
        "": "",  # a network of ours
        "conv1.": "stages.stem.0.",
        "bn1.": "stages.stem.1.",
        "layer1.": "stages.stage1.",
        "layer2.": "stages.stage2.",
        "layer3.": "stages.stage3.",
        "layer4.": "stages.stage4.",
    },
    phases=(Phase((128, 128), 8, mixup=0.2), Phase((160, 160), 3), Phase((192, 192), 1)),
    input_size=(224, 224),
    stored_size=(256, 256),
    batch_size=32,
    learning_rate=3e-4,
    fresh_factor=3.0,
    frozen=("stages.stem", "stages.stage1"),
    weights_licence="CC BY-NC 4.0: for non-commercial use, as the training pictures are",
    limits=(
        "For teaching: not a medical device, and not tested as one.",
        "It knows seven diagnoses and must answer with one of them, whatever the picture shows.",
        "HAM10000 comes from two centres (Vienna, Queensland) and shows light skin almost only.",
        "Half of the labels are confirmed by histopathology, the others by follow-up, consensus or microscopy.",
        "Rare classes (dermatofibroma, vascular lesion) are judged by few held-out pictures: see the intervals.",
        "Its decision gives rare classes more weight than their number, and its probabilities lean to them likewise.",
        "It has learnt from dermoscopy alone: of an ordinary photograph it says nothing worth reading.",
    ),
)

# For the question what a region or a leak is worth: the same short training for every answer, not for shipping, and the
# same decision, in which every class counts alike.
RESNET50_STUDY = replace(
    RESNET50_BASE,
    name="resnet50-study",
    title="ResNet50, for comparison",
    phases=(Phase((128, 128), 6, mixup=0.2), Phase((160, 160), 1)),
    input_size=(160, 160),
    accuracy=0.0,
)

# Each further round starts from the averaged weights of the one before, with a learning rate that rises again.
RESNET50_SECOND = replace(
    RESNET50_BASE,
    name="resnet50-second",
    title="ResNet50, second round",
    phases=(Phase((160, 160), 9, mixup=0.2), Phase((192, 192), 9, mixup=0.2)),
)
RESNET50 = replace(
    RESNET50_BASE,
    name="resnet50",
    title="ResNet50",
    phases=(Phase((192, 192), 9, mixup=0.2), Phase((192, 192), 3)),
    learning_rate=2e-4,
    region="box",
)
# For a network that has learnt already and goes on with teachers.
RESNET50_TAUGHT = replace(RESNET50, name="resnet50-taught", phases=(Phase((192, 192), 11, mixup=0.4),))

MOBILENET_V2 = replace(
    RESNET50_BASE,
    name="mobilenet_v2",
    title="MobileNetV2",
    architecture=Architecture("mobilenet", "torchvision", "mobilenet_v2"),
    start_names={
        "": "",
        **{f"features.{n}.": f"stages.{stage}.{n}." for stage, cut in MOBILENET_V2_CUTS.items() for n in cut},
    },
    phases=(Phase((160, 160), 6, mixup=0.2), Phase((192, 192), 9, mixup=0.2)),
    learning_rate=5e-4,
    frozen=(),
    region="box",
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
)
MOBILENET_V2_TAUGHT = replace(
    MOBILENET_V2, name="mobilenet_v2-taught", phases=(Phase((224, 224), 16, mixup=0.4),), learning_rate=3e-4
)
MOBILENET_V2_SECOND = replace(
    MOBILENET_V2_TAUGHT, name="mobilenet_v2-second", phases=(Phase((224, 224), 11, mixup=0.4),)
)

EFFICIENTNET_B0 = replace(
    MOBILENET_V2,
    name="efficientnet_b0",
    title="EfficientNet-B0",
    architecture=Architecture("efficientnet", "timm", "tf_efficientnet_b0"),
    start_names={
        "": "",
        **{
            f"{part}.": f"stages.{stage}.{position}."
            for stage, parts in EFFICIENTNET_CUTS.items()
            for position, part in enumerate(parts)
        },
    },
    mean=IMAGENET_MEAN,
    std=IMAGENET_STD,
)

# No ImageNet weights are to be had for the next two: they learn from finished models, stage by stage where grids agree.
RESNEXT50 = replace(
    RESNET50_BASE,
    name="resnext50",
    title="ResNeXt50 32×4d",
    architecture=Architecture("resnet", "torchvision", "resnext50_32x4d"),
    start_names={  # what a ResNet50 has in the same shape
        part: part
        for part in (
            "stages.stem.",
            *(f"stages.stage{number}.0.downsample." for number in (1, 2, 3, 4)),
            "head.",
        )
    },
    phases=(Phase((128, 128), 3, apart=True), Phase((128, 128), 8, mixup=0.2), Phase((192, 192), 4, mixup=0.2)),
    frozen=("stages.stem",),
    region="box",
    hint_weight=1.0,
)
REST_LITE = replace(
    RESNEXT50,
    name="rest_lite",
    title="ResT-Lite",
    architecture=Architecture("rest", "skinvision", "rest_lite"),
    start_names={"": ""},
    phases=(Phase((128, 128), 20, mixup=0.2), Phase((160, 160), 5, mixup=0.2), Phase((192, 192), 6, mixup=0.2)),
    frozen=(),
    looks=(1, 2),
)
PLAIN_CNN = replace(
    RESNET50_BASE,
    name="plain_cnn",
    title="Plain CNN",
    architecture=Architecture("cnn", "skinvision", "plain_cnn"),
    start_names={"": ""},
    phases=(Phase((128, 128), 40),),
    input_size=(128, 128),
    frozen=(),
    patience=8,
)

CLINICAL_LABELS = {
    "actinic_keratosis": "Actinic keratosis",
    "bcc": "Basal cell carcinoma",
    "dermatofibroma": "Dermatofibroma",
    "eczema": "Eczema",
    "lichen_planus": "Lichen planus",
    "melanoma": "Melanoma",
    "nevus": "Melanocytic nevus",
    "onychomycosis": "Onychomycosis (nail fungus)",
    "psoriasis": "Psoriasis",
    "seb_keratosis": "Seborrheic keratosis",
    "tinea": "Tinea (ringworm)",
}
CLINICAL = replace(
    MOBILENET_V2,
    name="clinical",
    title="MobileNetV2, clinical photographs",
    labels=tuple(CLINICAL_LABELS),
    titles=tuple(CLINICAL_LABELS.values()),
    phases=(Phase((160, 160), 30, mixup=0.4), Phase((224, 224), 30, mixup=0.4)),
    label_smoothing=0.1,
    ema_decay=0.99,
    patience=60,
    region="whole",
    views=("whole",),
    modality="photograph",
    weights_licence="research use only, as the training pictures are",
    limits=(
        "For teaching: not a medical device, and not tested as one.",
        "It has learnt from fewer than 700 photographs: its figures say little, see the intervals.",
        "Patients are not known by number: the same one in training and test pictures is unlikely but not excluded.",
        "It knows eleven diagnoses and must answer with one of them, whatever the picture shows.",
        "Which skin tones the photographs show is not recorded.",
        "It has learnt from ordinary photographs alone: of dermoscopy it says nothing worth reading.",
    ),
)

# Not for diagnoses: its classes are the features that a synthetic lesion has one of, so that it is known what decides.
PHANTOM_TITLES = {
    "network": "Pigment network",
    "globules": "Globules",
    "blotch": "Blotch",
    "veil": "Blue-white veil",
    "vessels": "Vessels",
}
PHANTOM = replace(
    MOBILENET_V2,
    name="phantom",
    title="MobileNetV2, synthetic lesions",
    labels=tuple(PHANTOM_TITLES),
    titles=tuple(PHANTOM_TITLES.values()),
    phases=(Phase((160, 160), 10),),
    input_size=(160, 160),
    stored_size=(192, 192),
    label_smoothing=0.0,
    accuracy=0.0,
    region="whole",
    views=("whole",),
    modality="synthetic",
    weights_licence="Apache-2.0, as the program that drew the pictures and the weights that it began with",
    limits=(
        "It knows nothing of diseases: it names the one feature that was drawn into a synthetic lesion.",
        "That it looks at the feature follows from how the pictures are made, and is not certain pixel by pixel.",
    ),
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        UNET,
        DEEPLABV3PLUS,
        RESNET50_BASE,
        RESNET50_STUDY,
        RESNET50_SECOND,
        RESNET50,
        RESNET50_TAUGHT,
        MOBILENET_V2,
        MOBILENET_V2_TAUGHT,
        MOBILENET_V2_SECOND,
        EFFICIENTNET_B0,
        RESNEXT50,
        REST_LITE,
        PLAIN_CNN,
        CLINICAL,
        PHANTOM,
    )
}
