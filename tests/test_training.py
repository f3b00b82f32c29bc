"""Training on synthetic lesions: it learns, stops, and goes on as if it had never stopped."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch
import timm
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from skinvision import phantom
from skinvision.card import Architecture
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.geometry import Box, crop, resize, square_around
from skinvision.intake import read_case
from skinvision.models import networks
from skinvision.models.registry import LoadedModel, load
from skinvision.models.staged import PooledLinear, StagedClassifier
from skinvision.segment import segment
from skinvision.training.augment import normalised
from skinvision.training.checkpoints import read_checkpoint
from skinvision.training.data import read_labelled, read_table
from skinvision.training.fit import Fitted, fit, load_average, load_start
from skinvision.training.loaders import Loaders, Order, ResumableLoader
from skinvision.training.modules import ClassifierFit, SegmenterFit
from skinvision.training.recipes import RESNET50_BASE, UNET, Phase
from tests.samples import sample_card

SEGMENTER = replace(
    UNET,
    architecture=Architecture("unet", "segmentation-models-pytorch", "tu-test_resnet"),
    phases=(Phase((32, 32), 5), Phase((64, 64), 1)),
    stored_size=(64, 64),
    batch_size=8,
    learning_rate=3e-3,
    ema_decay=0.5,
)
CLASSIFIER = replace(
    RESNET50_BASE,
    architecture=Architecture("resnet", "torchvision", "resnet18"),
    labels=("nv", "vasc"),
    titles=("Melanocytic nevus", "Vascular lesion"),
    phases=(Phase((32, 32), 1, mixup=0.2), Phase((48, 48), 1)),
    stored_size=(48, 48),
    batch_size=8,
    learning_rate=1e-3,
    label_smoothing=0.0,
    ema_decay=0.8,
)
STEPS_PER_EPOCH = 2


@pytest.fixture(scope="module")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 synthetic lesions to learn from and 8 to validate on; those with vessels are ``vasc``, the others ``nv``."""
    folder = tmp_path_factory.mktemp("lesions")
    for name in ("images", "masks"):
        (folder / name).mkdir()
    rows = ["image_id,dx,split"]
    for seed in range(24):
        dx, feature = (("nv", "network"), ("vasc", "vessels"))[seed % 2]
        lesion = phantom.draw(seed, height=64, width=64, feature=feature)
        _write_png(folder / "images" / f"p{seed}.png", lesion.image[:, :, ::-1])
        _write_png(folder / "masks" / f"p{seed}.png", lesion.mask.astype(np.uint8) * 255)
        rows.append(f"p{seed},{dx},{'train' if seed < 16 else 'val'}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A start file for the encoder of ``SEGMENTER``, under timm's own names."""
    return _start_file(tmp_path_factory, timm.create_model("test_resnet"))


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A start file for ``CLASSIFIER``, under torchvision's own names."""
    return _start_file(tmp_path_factory, torchvision.models.resnet18())


@pytest.fixture(scope="module")
def segmenter(lesions: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """``SEGMENTER`` trained in one go."""
    return fit(SEGMENTER, lesions, tmp_path_factory.mktemp("segmenter"), encoder, workers=0)


@pytest.fixture(scope="module")
def classifier_run(lesions: Path, resnet18: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where ``CLASSIFIER`` was trained."""
    folder = tmp_path_factory.mktemp("classifier")
    fit(CLASSIFIER, lesions, folder, resnet18, workers=0)
    return folder


def test_the_loss_falls_and_each_epoch_is_recorded(segmenter: Fitted) -> None:
    epochs = segmenter.history.epochs
    assert segmenter.complete
    assert [epoch.epoch for epoch in epochs] == [0, 1, 2, 3, 4, 5]
    assert [epoch.size for epoch in epochs] == [(32, 32)] * 5 + [(64, 64)]
    assert epochs[4].train_loss < 0.8 * epochs[0].train_loss
    assert all(0 <= epoch.score <= 1 and epoch.minutes >= 0 for epoch in epochs)


def test_a_run_in_four_parts_equals_a_run_in_one(
    segmenter: Fitted, lesions: Path, encoder: Path, tmp_path: Path
) -> None:
    """Stopped within the first epoch, at its end, and within the second; only the first part is given the start."""
    progress = []
    for part in range(4):
        limit = 0 if part < 3 else None
        start = encoder if part == 0 else None
        fitted = fit(SEGMENTER, lesions, tmp_path, start, resume=part > 0, max_minutes=limit, workers=0)
        checkpoint = read_checkpoint(tmp_path / "last.ckpt")
        schedule = checkpoint["lr_schedulers"][0]
        progress.append((checkpoint["global_step"], schedule["last_epoch"], len(fitted.history.epochs)))
        assert fitted.complete == (part == 3)
        assert schedule["total_steps"] == 6 * STEPS_PER_EPOCH
    assert progress == [(1, 1, 0), (2, 2, 1), (3, 3, 1), (12, 12, 6)]
    for left, right in zip(fitted.history.epochs, segmenter.history.epochs, strict=True):
        assert (left.epoch, left.size) == (right.epoch, right.size)
        assert (left.train_loss, left.val_loss, left.score) == pytest.approx(
            (right.train_loss, right.val_loss, right.score), rel=1e-4
        )
    torch.testing.assert_close(fitted.network.state_dict(), segmenter.network.state_dict(), rtol=1e-3, atol=1e-4)


def test_training_stops_early_where_nothing_gets_better(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    """An average that keeps its start scores the same after each epoch; after the first, two are waited for."""
    still = replace(SEGMENTER, phases=(Phase((32, 32), 6),), ema_decay=1.0, patience=2)
    fitted = fit(still, lesions, tmp_path, encoder, workers=0)
    assert fitted.complete
    assert len(fitted.history.epochs) == 3
    again = fit(still, lesions, tmp_path, resume=True, workers=0)
    assert again.complete
    assert again.history == fitted.history, "a run that stopped early is finished"


def test_the_best_epoch_is_kept(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    fitted = fit(SEGMENTER, lesions, tmp_path, encoder, workers=0)
    scores = [epoch.score for epoch in fitted.history.epochs]
    best = read_checkpoint(tmp_path / "best.ckpt")
    assert best["history"][-1][0] == max(range(len(scores)), key=lambda epoch: (scores[epoch], epoch))
    kept = networks.build(SEGMENTER.architecture, 1)
    load_average(kept, best)
    torch.testing.assert_close(fitted.network.state_dict(), kept.state_dict())


def test_a_run_says_where_it_started(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    short = replace(SEGMENTER, phases=(Phase((32, 32), 2),))
    fit(short, lesions, tmp_path, encoder, max_minutes=0, workers=0)
    fitted = fit(short, lesions, tmp_path, resume=True, workers=0)
    assert fitted.start == f"{encoder.name}, SHA-256 {hashlib.sha256(encoder.read_bytes()).hexdigest()}"
    assert short.summary(2, fitted.start).startswith(f"From {encoder.name}, SHA-256 ")


def test_an_unfinished_run_is_resumed_under_its_own_plan_alone(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    fit(SEGMENTER, lesions, tmp_path, encoder, max_minutes=0, workers=0)
    longer = replace(SEGMENTER, name="longer", phases=(Phase((32, 32), 9),))
    with pytest.raises(WeightsRejected, match="recipe longer, 9 epochs of 2 steps, got recipe unet, 6 epochs"):
        fit(longer, lesions, tmp_path, resume=True, workers=0)


def test_an_unfinished_run_is_not_overwritten(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    fit(SEGMENTER, lesions, tmp_path, encoder, max_minutes=0, workers=0)
    before = (tmp_path / "last.ckpt").read_bytes()
    with pytest.raises(DataRejected, match="go on with --resume"):
        fit(SEGMENTER, lesions, tmp_path, encoder, workers=0)
    assert (tmp_path / "last.ckpt").read_bytes() == before
    (tmp_path / "last.ckpt").write_bytes(before[:100])
    fit(SEGMENTER, lesions, tmp_path, encoder, max_minutes=0, workers=0)
    assert read_checkpoint(tmp_path / "last.ckpt")["global_step"] == 1


def test_an_interrupt_leaves_training_as_one(
    lesions: Path, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SegmenterFit, "training_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(SEGMENTER, lesions, tmp_path, encoder, workers=0)


def test_a_network_of_ours_is_a_start(segmenter: Fitted, tmp_path: Path) -> None:
    path = tmp_path / "ours.safetensors"
    ours = {name: tensor.contiguous() for name, tensor in segmenter.network.state_dict().items()}
    safetensors.torch.save_file(ours, path)
    network = networks.build(SEGMENTER.architecture, 1)
    assert load_start(network, SEGMENTER, path) == frozenset()
    torch.testing.assert_close(network.state_dict(), segmenter.network.state_dict())


def test_a_table_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    for content in (b"", b"image_id,dx\n\xff\xfe,nv\n", b'image_id,dx\n"p1,nv\n'):
        (tmp_path / "metadata.csv").write_bytes(content)
        with pytest.raises(DataRejected, match="a table of comma-separated values"):
            read_table(tmp_path)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p1.png"
    path.write_bytes(b"no picture")
    with pytest.raises(DataRejected, match=r"p1\.png"):
        read_labelled(path)


def test_a_held_out_picture_is_not_learnt_from(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    (folder / "metadata.csv").write_text((lesions / "metadata.csv").read_text().replace(",val", ",train"))
    with pytest.raises(DataRejected, match="p16, which is"):
        Loaders(CLASSIFIER, lesions, tmp_path / "cache", extra=(folder,))


def test_a_picture_has_one_row(tmp_path: Path, lesions: Path) -> None:
    (tmp_path / "images").symlink_to(lesions / "images")
    (tmp_path / "metadata.csv").write_text((lesions / "metadata.csv").read_text() + "\np3,nv,val")
    with pytest.raises(DataRejected, match="several for p3"):
        read_table(tmp_path)


def test_masks_that_changed_are_read_again(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(lesions, folder)
    before = Loaders(SEGMENTER, folder, tmp_path / "cache").decoded["val"][1].mean()
    for path in (folder / "masks").iterdir():
        _write_png(path, 255 - cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
    assert Loaders(SEGMENTER, folder, tmp_path / "cache").decoded["val"][1].mean() == pytest.approx(255 - before)


def test_the_same_pictures_written_anew_are_not_decoded_again(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(lesions, folder)
    Loaders(CLASSIFIER, folder, tmp_path / "cache")
    before = set((tmp_path / "cache").iterdir())
    for path in (folder / "images").iterdir():
        os.utime(path, (0, 0))
    Loaders(CLASSIFIER, folder, tmp_path / "cache")
    assert set((tmp_path / "cache").iterdir()) == before


def test_resuming_a_finished_run_changes_nothing(classifier_run: Path, lesions: Path) -> None:
    before = (classifier_run / "last.ckpt").read_bytes()
    fitted = fit(CLASSIFIER, lesions, classifier_run, resume=True, workers=0)
    assert fitted.complete
    assert len(fitted.history.epochs) == CLASSIFIER.epochs
    assert (classifier_run / "last.ckpt").read_bytes() == before


def test_frozen_stages_keep_their_start_and_the_others_learn(classifier_run: Path, resnet18: Path) -> None:
    network = networks.build(CLASSIFIER.architecture, 2)
    load_start(network, CLASSIFIER, resnet18)
    learnt = read_checkpoint(classifier_run / "last.ckpt")["current_model_state"]
    for name, tensor in network.state_dict().items():
        same = torch.equal(learnt[f"network.{name}"], tensor)
        assert same == name.startswith(("stages.stem", "stages.stage1")), name


def test_validation_and_the_result_use_the_averaged_weights(classifier_run: Path, lesions: Path) -> None:
    checkpoint = read_checkpoint(classifier_run / "last.ckpt")
    recorded = checkpoint["history"][-1][3]
    network = networks.build(CLASSIFIER.architecture, 2)
    load_average(network, checkpoint)
    averaged = _validation_loss(network, lesions, classifier_run)
    load_average(network, {"state_dict": checkpoint["current_model_state"]})
    current = _validation_loss(network, lesions, classifier_run)
    assert abs(averaged - recorded) < 0.2 * abs(current - recorded)


def test_a_checkpoint_of_another_recipe_is_rejected(classifier_run: Path, lesions: Path) -> None:
    other = replace(CLASSIFIER, labels=("nv", "vasc", "mel"), titles=("a", "b", "c"))
    with pytest.raises(WeightsRejected, match="a checkpoint of this recipe"):
        fit(other, lesions, classifier_run, resume=True, workers=0)


def test_resuming_without_a_checkpoint_is_refused(lesions: Path, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="train without --resume first"):
        fit(SEGMENTER, lesions, tmp_path, resume=True, workers=0)


def test_a_checkpoint_that_holds_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": print}, path)
    with pytest.raises(WeightsRejected):
        read_checkpoint(path)


def test_less_than_one_batch_is_refused(lesions: Path, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="at least 17 pictures"):
        Loaders(replace(SEGMENTER, batch_size=17), lesions, tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "safetensors at"), ({"far.away": torch.zeros(1)}, "tensors of resnet18"), ("wide", "weights that fit")],
)
def test_a_start_file_that_does_not_fit_is_rejected(content: object, message: str, tmp_path: Path) -> None:
    path = tmp_path / "start.safetensors"
    if content is None:
        path.write_bytes(b"no safetensors")
    else:
        safetensors.torch.save_file(content if isinstance(content, dict) else {"bn1.weight": torch.ones(65)}, path)
    with pytest.raises(WeightsRejected, match=message):
        load_start(networks.build(CLASSIFIER.architecture, 2), CLASSIFIER, path)


def test_without_a_start_nothing_is_frozen() -> None:
    network = networks.build(CLASSIFIER.architecture, 2)
    fresh = frozenset(dict(network.named_parameters()))
    module = ClassifierFit(network, CLASSIFIER, fresh, STEPS_PER_EPOCH, torch.tensor([0.5, 0.5]))
    assert all(parameter.requires_grad for parameter in module.network.parameters())


def test_classes_are_drawn_in_proportion_to_a_power_of_their_number(tmp_path: Path, lesions: Path) -> None:
    """8 + 8 pictures, of which the table below calls 16 by one name: √16 to √0, taken for one picture: 4/5 and 1/5."""
    table = (lesions / "metadata.csv").read_text().replace("vasc", "nv").replace("p17,nv", "p17,vasc")
    folder = tmp_path / "uneven"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    (folder / "metadata.csv").write_text(table)
    loaders = Loaders(CLASSIFIER, folder, tmp_path / "cache")
    torch.testing.assert_close(loaders.drawn_frequencies(), torch.tensor([0.8, 0.2]))


def test_more_folders_are_learnt_from_under_the_labels_own_names(tmp_path: Path, lesions: Path) -> None:
    """The other folder's 8 lesions of the split ``train`` with vessels are not known; its 8 nevi are ``nv`` here."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    table = (lesions / "metadata.csv").read_text().replace(",nv,", ",nevus,").replace(",vasc,", ",angioma,")
    (folder / "metadata.csv").write_text(table)
    loaders = Loaders(CLASSIFIER, lesions, tmp_path / "cache", extra=(folder,))
    assert loaders.steps_per_epoch == STEPS_PER_EPOCH
    assert [len(loaders.samples[split]) for split in ("train", "val")] == [24, 8]
    assert np.bincount(loaders.decoded["train"][1]).tolist() == [16, 8]


@pytest.mark.usefixtures("weights")
def test_boxes_are_what_the_finished_classifier_will_see(tmp_path: Path, lesions: Path) -> None:
    boxed = replace(CLASSIFIER, region="box")
    with pytest.raises(WeightsRejected, match="train the default segmenter first"):
        Loaders(boxed, lesions, tmp_path / "cache")
    segmenter, case = load("unet"), read_case((lesions / "images" / "p16.png").read_bytes())
    brightest = float(segment(segmenter, case).probability.max())  # a lesion of one pixel, though untrained
    segmenter = replace(segmenter, card=replace(segmenter.card, threshold=brightest))
    lesion = segment(segmenter, case).box
    box = square_around(lesion, boxed.region_margin, case.height, case.width)
    assert box != Box.whole(case.height, case.width)
    seen = Loaders(boxed, lesions, tmp_path / "cache", segmenter=segmenter)
    np.testing.assert_array_equal(seen.decoded["val"][0][0], resize(crop(case.image, box), *boxed.stored_size))


def test_a_table_without_its_pictures_is_rejected(tmp_path: Path, lesions: Path) -> None:
    (tmp_path / "metadata.csv").write_text((lesions / "metadata.csv").read_text())
    with pytest.raises(DataRejected, match="no such folder"):
        read_table(tmp_path)
    (tmp_path / "images").mkdir()
    for path in (lesions / "images").iterdir():
        (tmp_path / "images" / path.name).symlink_to(path)
    (tmp_path / "images" / "p3.jpg").symlink_to(lesions / "images" / "p4.png")
    with pytest.raises(DataRejected, match="several files called p3"):
        read_table(tmp_path)


def test_a_lesion_on_both_sides_of_a_split_is_rejected(tmp_path: Path, lesions: Path) -> None:
    (tmp_path / "images").symlink_to(lesions / "images")
    head, *rows = (lesions / "metadata.csv").read_text().splitlines()
    table = [f"{head},lesion_id", *(f"{row},L{number % 20}" for number, row in enumerate(rows))]
    (tmp_path / "metadata.csv").write_text("\n".join(table))
    with pytest.raises(DataRejected, match="L0 in 2"):
        read_table(tmp_path)


def test_a_resumed_epoch_serves_the_batches_that_were_left() -> None:
    whole = _batches(None)
    assert _batches({"served": 2}) == whole[2:]
    assert whole == [[3, 1], [4, 1], [5, 9]]  # the seventh picture does not fill a batch


def test_a_perfect_mask_has_no_loss_and_none_at_all_has_the_whole() -> None:
    module = SegmenterFit(nn.Identity(), replace(SEGMENTER, frozen=()), frozenset(), STEPS_PER_EPOCH)
    mask = torch.zeros(1, 1, 10, 10)
    mask[..., :5] = 1
    assert float(module.loss(40 * (2 * mask - 1), mask)) == pytest.approx(0, abs=1e-6)
    nothing = float(module.loss(torch.full_like(mask, -40.0), mask))
    assert nothing == pytest.approx((1 - 1 / 51) + 0.5 * 40 / 2)  # smoothed Jaccard 1/51, entropy 40 on half the pixels


def test_logits_learn_to_stand_for_equally_frequent_classes() -> None:
    """Where two of three drawn pictures are nv, logits that say nothing cost log(3/2) for nv and log 3 for vasc."""
    recipe = replace(CLASSIFIER, frozen=())
    module = ClassifierFit(nn.Identity(), recipe, frozenset(), STEPS_PER_EPOCH, torch.tensor([2 / 3, 1 / 3]))
    silent = torch.zeros(1, 2)
    assert float(module.loss(silent, torch.tensor([0]))) == pytest.approx(math.log(3 / 2))
    assert float(module.loss(silent, torch.tensor([1]))) == pytest.approx(math.log(3))


def test_imitation_costs_what_the_teachers_mean_differs_by() -> None:
    """At temperature 2 logits 2 log 3 and −2 log 3 say 3/4, 1/4 and 1/4, 3/4: together one half each."""
    recipe = replace(CLASSIFIER, frozen=(), teacher_temperature=2.0)
    teachers = tuple(_constant_teacher(logit) for logit in (2 * math.log(3), -2 * math.log(3)))
    frequencies = torch.tensor([0.5, 0.5])
    module = ClassifierFit(nn.Identity(), recipe, frozenset(), STEPS_PER_EPOCH, frequencies, teachers)
    pictures = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    assert float(module.imitation(torch.zeros(2, 2), pictures)) == pytest.approx(0, abs=1e-6)
    convinced = torch.tensor([[2 * math.log(3), 0.0]]).expand(2, 2)
    expected = 4 * (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25))
    assert float(module.imitation(convinced, pictures)) == pytest.approx(expected)


def test_a_pupil_says_what_its_teacher_says(lesions: Path, resnet18: Path, tmp_path: Path) -> None:
    """The teacher calls everything vasc, half of the labels do not, and the teacher alone is listened to."""
    teacher = _constant_teacher(-6.0)
    taught = replace(CLASSIFIER, phases=(Phase((32, 32), 6, mixup=0.2),), teacher_weight=1.0)
    fitted = fit(taught, lesions, tmp_path, resnet18, workers=0, teachers=(teacher,))
    pictures = torch.from_numpy(Loaders(taught, lesions, tmp_path / "decoded").decoded["val"][0].copy())
    with torch.inference_mode():
        logits = fitted.network(normalised(pictures.permute(0, 3, 1, 2), taught.mean, taught.std))
    assert (logits[:, 1] > logits[:, 0]).all()
    assert fitted.taught_by == f"teacher (SHA-256 {teacher.card.sha256})"
    assert f"divergence from {fitted.taught_by}" in taught.summary(6, fitted.start, fitted.taught_by)
    assert not any("teacher" in name for name in read_checkpoint(tmp_path / "last.ckpt")["state_dict"])


def test_a_resumed_run_keeps_its_teachers(lesions: Path, resnet18: Path, tmp_path: Path) -> None:
    fit(CLASSIFIER, lesions, tmp_path, resnet18, max_minutes=0, workers=0, teachers=(_constant_teacher(1.0),))
    with pytest.raises(WeightsRejected, match="taught by teacher"):
        fit(CLASSIFIER, lesions, tmp_path, resume=True, workers=0)


def test_a_teacher_that_does_not_fit_is_rejected(lesions: Path, tmp_path: Path) -> None:
    teacher = _constant_teacher(1.0)
    other = replace(teacher, card=replace(teacher.card, labels=("nv", "mel")))
    with pytest.raises(WeightsRejected, match="a teacher of nv, vasc, got teacher, which knows nv, mel"):
        fit(CLASSIFIER, lesions, tmp_path, workers=0, teachers=(other,))
    with pytest.raises(WeightsRejected, match="teachers for a classifier alone"):
        fit(SEGMENTER, lesions, tmp_path, workers=0, teachers=(teacher,))


def _constant_teacher(logit: float) -> LoadedModel:
    """A classifier that gives every picture the logits (``logit``, 0)."""
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(3, 2)).eval().requires_grad_(False)
    network.head.linear.weight.zero_()
    network.head.linear.bias.copy_(torch.tensor([logit, 0.0]))
    card = replace(sample_card("classification"), name="teacher", labels=CLASSIFIER.labels)
    return LoadedModel(card, network, None)


def _batches(state: dict[str, int] | None) -> list[list[int]]:
    loader = ResumableLoader(list(range(10)), batch_size=2, sampler=Order([3, 1, 4, 1, 5, 9, 2]), drop_last=True)  # type: ignore[arg-type]
    if state:
        loader.load_state_dict(state)
    assert len(loader) == 3
    batches = [batch.tolist() for batch in loader]
    assert loader.state_dict() == {"served": 3}
    return batches


def _validation_loss(network: nn.Module, lesions: Path, run: Path) -> float:
    pictures, truth = Loaders(CLASSIFIER, lesions, run / "decoded").decoded["val"]
    batch: Tensor = normalised(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()), CLASSIFIER.mean, CLASSIFIER.std)
    with torch.inference_mode():
        return float(functional.cross_entropy(network.eval()(batch), torch.from_numpy(truth)))


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def _start_file(factory: pytest.TempPathFactory, network: nn.Module) -> Path:
    path = factory.mktemp("start") / "start.safetensors"
    safetensors.torch.save_file(network.state_dict(), path)
    return path
