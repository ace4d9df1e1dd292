"""Takes training steps of a run one by one, on a copy, and reports what each changed.

Networks, optimizers, batches, learning rate and random numbers are built by the functions that a
run uses, so the copy takes the steps that the run would take next. A step of the adversarial
families can also be taken in halves: first the discriminator's, then the generator's.

Shapes: B batch, N items.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from engine.config.changes import settings_at
from engine.config.run import parse_column_weights
from engine.control import RunControl
from engine.data.facts import AudioFacts, ImageFacts
from engine.data.loader import Batch
from engine.data.reduction import open_training_dataset
from engine.errors import CheckpointCorruptError, DatasetChangedError
from engine.events import ImageArray
from engine.inspection.discriminator_view import measure_of
from engine.inspection.items import fixed_noise, generate, real_items, to_samples
from engine.inspection.networks import InspectedRun, uncompiled
from engine.inspection.plane import view_plane
from engine.inspection.results import Part, PlaneChoice, PlaneView, Probe, StepView, WeightChange
from engine.losses.adversarial import LOSSES_BY_NAME, MaskedLogits
from engine.modalities.registry import build_modalities
from engine.nets.blocks import frozen
from engine.nets.discriminator import PairDiscriminator
from engine.nets.protocols import PairModel
from engine.runs.checkpoint import Snapshot
from engine.runs.folder import RunFolder
from engine.sample.sampler import Samples, Shown
from engine.sample.tiles import captions, tiles
from engine.train.automatic import read_batch
from engine.train.data import load_training_data
from engine.train.device import find_device
from engine.train.divergence import DivergenceGuard
from engine.train.families import build_state, build_step
from engine.train.gan_step import GanStep, MicroBatch
from engine.train.lr_schedule import LearningRateSchedule, learning_rate
from engine.train.state import DISCRIMINATOR, GENERATOR
from engine.train.step import StepReport, gradient_norm

PROBE_ITEMS = 16
"""Real items, and as many generated ones, that are judged before and after a step."""


class HalvedGanStep(GanStep):
    """A GAN step that can be taken in halves, with the same random numbers as the whole."""

    _updated: frozenset[str] = frozenset({DISCRIMINATOR, GENERATOR})
    _after_discriminator: Tensor | None = None
    """State of the random numbers after the discriminator's half of a step."""
    _left_out: Mapping[str, Tensor] = MappingProxyType({})
    """Batch statistics of the generator after the discriminator's half. They are put back after
    it, so that the generator only changes in its own half, which generates the items again."""

    def update_discriminator(self, batch: Batch, step: int) -> StepReport:
        """Take the discriminator's half of a step."""
        buffers = dict(self._state.generator.named_buffers())
        before = {name: buffer.clone() for name, buffer in buffers.items()}
        report = self._call(DISCRIMINATOR, batch, step)
        self._left_out = {name: buffer.clone() for name, buffer in buffers.items()}
        self._set_buffers(before)
        return report

    def update_generator(self, batch: Batch, step: int, *, continues: bool) -> StepReport:
        """Take the generator's half of a step.

        Args:
            batch: of the step.
            step: its number.
            continues: whether the discriminator's half of this step was the last call.
        """
        if not continues:
            self._after_discriminator = None
        elif self.num_micro_batches > 1:
            # A whole step generates the items twice as well.
            self._set_buffers(self._left_out)
        config = self._config
        # Also where the run updates its generator in every k-th step only.
        self._config = replace(config, d_steps=1)
        try:
            return self._call(GENERATOR, batch, step)
        finally:
            self._config = config

    def leave_generator_out(self) -> None:
        """End a step after the discriminator's half."""
        self._set_buffers(self._left_out)

    def _set_buffers(self, values: Mapping[str, Tensor]) -> None:
        for name, buffer in self._state.generator.named_buffers():
            buffer.copy_(values[name])

    def _call(self, network: str, batch: Batch, step: int) -> StepReport:
        self._updated = frozenset({network})
        try:
            return self(batch, step)
        finally:
            self._updated = frozenset({DISCRIMINATOR, GENERATOR})

    def _update_discriminator(self, micro_batches: Sequence[MicroBatch], step: int) -> StepReport:
        if DISCRIMINATOR not in self._updated:
            if self._after_discriminator is not None:
                self._rng.set_state(self._after_discriminator)
            return StepReport(losses={}, metrics={})
        report = super()._update_discriminator(micro_batches, step)
        self._after_discriminator = self._rng.get_state()
        return report

    def _update_generator(self, micro_batches: Sequence[MicroBatch], step: int) -> StepReport:
        if GENERATOR not in self._updated:
            return StepReport(losses={}, metrics={})
        return super()._update_generator(micro_batches, step)


class Stepper:
    """A copy of a run that takes steps on request.

    Args:
        folder: of the run, which is only read.
        snapshot: where to start.
        control: stops the loading of the data.

    Raises:
        EngineError: the run, its dataset or its device is not available.
        StoppedError: a stop was requested.
    """

    def __init__(self, folder: Path, snapshot: Snapshot, control: RunControl) -> None:
        run = RunFolder(folder)
        settings = settings_at(run.read_config(), snapshot.metadata.images_seen)
        config, model = uncompiled(settings), run.read_model()
        device = find_device(config.device)
        self._dataset = dataset = open_training_dataset(config)
        if dataset.manifest.version != model.dataset_version:
            found = dataset.manifest.version
            raise DatasetChangedError(dataset.folder, model.dataset_version, found)
        modalities = build_modalities(model.columns, config.networks)
        control.stop_if_asked()
        # Few batches are looked at, so that nothing need be loaded.
        data = load_training_data(config, dataset, model, modalities, device, is_resident=False)
        control.stop_if_asked()
        state = build_state(modalities, config, device, data.augmenters)
        self._step = build_step(
            state,
            config,
            modalities=modalities,
            strong_augment=data.strong_augment,
            validation=data.validation,
            gan_step=HalvedGanStep,
        )
        self._state, self._training = state, config.training
        self._loader = data.loader(config.training.batch_size, ahead=0)
        self._schedule, self._guard = LearningRateSchedule(config), DivergenceGuard()
        discriminator = state.networks.get(DISCRIMINATOR)
        self._run = InspectedRun(
            folder=folder,
            config=config,
            model=model,
            modalities=modalities,
            ema=state.model,
            generator=cast("PairModel", state.generator),
            discriminator=discriminator and cast("PairDiscriminator", discriminator.network),
            metadata=snapshot.metadata,
        )
        self._continues = False
        """Whether the discriminator's half of the step has been taken, and the generator's not."""
        self._is_exact = True
        self._restore(snapshot)
        self._real = _on(real_items(self._run, dataset, PROBE_ITEMS), device)
        self._noise = _on(fixed_noise(self._run, PROBE_ITEMS), device)

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors of the copy by name, as a checkpoint of the run would hold them."""
        return self._state.tensors()

    def take(self, part: Part, choice: PlaneChoice | None = None) -> StepView:
        """Take a step, or half of one, and report what it changed.

        The discriminator's half begins a step, and the generator's half ends it. A second
        discriminator's half begins the next step; a generator's half alone is a step as well.

        Args:
            part: what to update.
            choice: of the plane, if a table has two numeric fields.

        Raises:
            ValueError: a half of a step of a family without a discriminator.
        """
        if part is not Part.WHOLE and self._run.discriminator is None:
            raise ValueError("a family without a discriminator takes whole steps")
        if self._continues and part is not Part.GENERATOR:
            self._leave_generator_out()
        state, number = self._state, self._state.step
        rate = learning_rate(self._training, self._schedule.fraction(state.images_seen))
        state.set_learning_rate(rate * self._guard.rate_scale)
        before = self._probe()
        weights = {name: _copy(one.network) for name, one in state.networks.items()}
        report = self._update(part, number)
        trained = {
            n: one.network for n, one in state.networks.items() if n in _trained(part, report)
        }
        changes = {name: _change(network, weights[name]) for name, network in trained.items()}
        after = self._probe()
        change, largest = _tile_change(self._run, before[1], after[1])
        return StepView(
            run=self._run.folder,
            part=part,
            number=number,
            images_seen=state.images_seen,
            learning_rate=rate * self._guard.rate_scale,
            is_exact=self._is_exact,
            trains_generator=self._trains_generator(state.step),
            has_discriminator=self._run.discriminator is not None,
            has_pictures=any(
                isinstance(facts, ImageFacts | AudioFacts)
                for facts in self._run.model.columns.values()
            ),
            measure=measure_of(self._run),
            losses={name: float(value) for name, value in report.losses.items()},
            changes=changes,
            before=before[0],
            after=after[0],
            tile_change=change,
            max_change=largest,
            plane=self._plane(choice or PlaneChoice()),
        )

    def _restore(self, snapshot: Snapshot) -> None:
        metadata = snapshot.metadata
        # Restored optimizers keep some tensors as they are given, and change them.
        tensors = {name: tensor.clone() for name, tensor in snapshot.tensors.items()}
        try:
            self._state.restore(tensors, metadata)
        except ValueError as error:
            raise CheckpointCorruptError(self._run.folder, str(error)) from error
        loop_state = metadata.loop_state
        self._guard.load_state_dict(loop_state)
        self._schedule.load_state_dict(loop_state, metadata.images_seen, metadata.elapsed_s)
        match loop_state.get("num_micro_batches"):
            case int() as count if 1 <= count <= self._training.batch_size:
                self._step.num_micro_batches = count

    def _trains_generator(self, number: int) -> bool:
        """Whether the run updates its generator in a step."""
        return (number + 1) % self._training.d_steps == 0

    def _update(self, part: Part, number: int) -> StepReport:
        batch = read_batch(self._run.modalities, self._loader, number)
        if part is Part.WHOLE or not isinstance(self._step, HalvedGanStep):
            report = self._step(batch, number)
        elif part is Part.DISCRIMINATOR:
            report = self._step.update_discriminator(batch, number)
            self._continues = True
            return report
        else:
            report = self._step.update_generator(batch, number, continues=self._continues)
            self._is_exact &= self._continues and self._trains_generator(number)
        self._finish_step()
        return report

    def _leave_generator_out(self) -> None:
        """End a step after the discriminator's half, as the run may do or not."""
        if isinstance(self._step, HalvedGanStep):
            self._step.leave_generator_out()
        self._is_exact &= not self._trains_generator(self._state.step)
        self._finish_step()

    def _finish_step(self) -> None:
        """Count the step and update the EMA, as the training loop does."""
        self._state.finish_step(self._training)
        self._continues = False

    @torch.no_grad()
    def _probe(self) -> tuple[Probe, dict[str, Tensor]]:
        """Judge the fixed items with the current weights; return the generated ones as well."""
        networks = [trained.network for trained in self._state.networks.values()]
        for network in networks:
            network.eval()
        made = generate(self._run.generator, self._noise)
        real: Mapping[str, Tensor] = {}
        fake: Mapping[str, Tensor] = {}
        if self._run.discriminator is not None:
            fake = self._run.discriminator(made)
            real = self._run.discriminator(self._real) if self._real else {}
        for network in networks:
            network.train()
        samples = to_samples(self._run, _on(made, torch.device("cpu")))
        probe = Probe(
            real_logits={head: float(values.mean()) for head, values in real.items()},
            generated_logits={head: float(values.mean()) for head, values in fake.items()},
            losses=self._losses(real, fake),
            tiles=tiles(samples),
            captions=captions(samples),
        )
        return probe, made

    def _plane(self, choice: PlaneChoice) -> PlaneView | None:
        """Draw the plane of the current weights; on a graphics card there is none."""
        if self._state.device.type != "cpu":
            return None
        metadata = replace(self._run.metadata, images_seen=self._state.images_seen)
        networks = [trained.network for trained in self._state.networks.values()]
        with contextlib.ExitStack() as stack:
            for network in networks:
                network.eval()
                stack.callback(network.train)
                stack.enter_context(frozen(network))
            return view_plane(replace(self._run, metadata=metadata), self._dataset, choice)

    def _losses(self, real: Mapping[str, Tensor], fake: Mapping[str, Tensor]) -> dict[str, float]:
        """Return the adversarial losses on the fixed items, summed over the heads."""
        if not real:
            return {}
        objective = LOSSES_BY_NAME[self._training.adversarial_loss]
        weights = parse_column_weights(self._training.column_weights)
        count = min(len(next(iter(real.values()))), len(next(iter(fake.values()))))
        totals = {DISCRIMINATOR: 0.0, GENERATOR: 0.0}
        for head in real:
            r, f = (_unmasked(logits[head][:count]) for logits in (real, fake))
            weight = weights.get(head, 1.0)
            totals[DISCRIMINATOR] += weight * float(objective.discriminator(r, f))
            totals[GENERATOR] += weight * float(objective.generator(f, r))
        return totals


def _on(items: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {name: item.to(device) for name, item in items.items()}


def _unmasked(logits: Tensor) -> MaskedLogits:
    return MaskedLogits(logits, torch.ones_like(logits, dtype=torch.bool))


def _copy(network: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in network.parameters()]


def _trained(part: Part, report: StepReport) -> set[str]:
    """Return the networks that a step has updated; one without a GAN step has one."""
    if part is Part.WHOLE:
        return set(report.skipped) or {GENERATOR}
    return {part.value}


def _change(network: nn.Module, before: Sequence[Tensor]) -> WeightChange:
    pairs = list(zip(network.parameters(), before, strict=True))
    norm = float(get_total_norm([(now.detach() - then) for now, then in pairs]))
    size = float(get_total_norm([then for _now, then in pairs]))
    return WeightChange(
        norm=norm,
        relative=norm / size if size else 0.0,
        gradient_norm=float(gradient_norm(network)),
    )


def _tile_change(
    run: InspectedRun, before: Mapping[str, Tensor], after: Mapping[str, Tensor]
) -> tuple[ImageArray, float]:
    """Draw the absolute change of pictures and spectrograms; return the largest one as well."""
    changes = {
        name: ((after[name] - item) / 2).abs().mean(1).cpu().numpy()
        for name, item in before.items()
        if isinstance(run.model.columns[name], ImageFacts | AudioFacts)
    }
    largest = max((float(change.max()) for change in changes.values()), default=0.0)
    drawn: dict[str, Shown] = {}
    for name, change in changes.items():
        levels = (change / max(largest, 1e-12) * 255).round().astype(np.uint8)
        if isinstance(run.model.columns[name], AudioFacts):
            levels = levels[:, ::-1]
        drawn[name] = np.repeat(levels[..., None], 3, axis=3)
    count = len(next(iter(before.values())))
    return tiles(Samples(columns=drawn or {"": ("",) * count})), largest
