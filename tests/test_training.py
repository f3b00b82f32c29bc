"""Training on synthetic lesions: it learns, stops, and goes on as if it had never stopped."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from skinvision.errors import DataRejected, WeightsRejected
from skinvision.models import networks
from skinvision.training.augment import normalised
from skinvision.training.checkpoints import read_checkpoint
from skinvision.training.fit import Fitted, fit, load_average, load_start
from skinvision.training.loaders import Loaders
from skinvision.training.modules import ClassifierFit, SegmenterFit
from skinvision.training.recipe import Phase
from tests.lessons import CLASSIFIER, SEGMENTER, STEPS_PER_EPOCH
from tests.samples import sample_card


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
    sha256 = hashlib.sha256(encoder.read_bytes()).hexdigest()
    weights = {name: parameter.numel() for name, parameter in fitted.network.named_parameters()}
    fresh = sum(n for name, n in weights.items() if not name.startswith("encoder.")) / sum(weights.values())
    assert fitted.start == (
        f"From {encoder.name} (SHA-256 {sha256[:16]} …), with {100 * fresh:.1f} % of the weights fresh"
    )
    assert short.summary(2, fitted.start).startswith(f"{fitted.start}: ")


def test_a_further_round_says_what_went_before(lesions: Path, segmenter: Fitted, tmp_path: Path) -> None:
    path = _saved(segmenter, tmp_path / "first.safetensors")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for known, earlier in ((sha256, "The first round."), ("0" * 64, "")):  # a card of other weights says nothing
        card = replace(sample_card("segmentation"), sha256=known, recipe="The first round.")
        path.with_suffix(".json").write_bytes(msgspec.json.encode(card))
        fitted = fit(SEGMENTER, lesions, tmp_path / known, path, max_minutes=0, workers=0)
        assert fitted.start == "\n\n".join(filter(None, (earlier, f"From first.safetensors (SHA-256 {sha256[:16]} …)")))


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
    path = _saved(segmenter, tmp_path / "ours.safetensors")
    network = networks.build(SEGMENTER.architecture, 1)
    assert load_start(network, SEGMENTER, path) == frozenset()
    torch.testing.assert_close(network.state_dict(), segmenter.network.state_dict())


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


def _validation_loss(network: nn.Module, lesions: Path, run: Path) -> float:
    pictures, truth = Loaders(CLASSIFIER, lesions, run / "decoded").decoded["val"]
    batch: Tensor = normalised(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()), CLASSIFIER.mean, CLASSIFIER.std)
    with torch.inference_mode():
        return float(functional.cross_entropy(network.eval()(batch), torch.from_numpy(truth)))


def _saved(fitted: Fitted, path: Path) -> Path:
    tensors = {name: tensor.contiguous() for name, tensor in fitted.network.state_dict().items()}
    safetensors.torch.save_file(tensors, path)
    return path
