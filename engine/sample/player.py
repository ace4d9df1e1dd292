"""The engine of the playground: renders scenes, reads pictures, finds directions and noises.

Shapes: N scenes, S samples; ``...`` whatever an item looks like.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from engine.control import RequestState, RunControl
from engine.data.facts import ColumnFacts, TableFacts, TextFacts
from engine.nets.generator import PairGenerator
from engine.nets.joint_dense import JointDenseGenerator
from engine.printable import printable
from engine.sample.live import Following
from engine.sample.load import EMA_PREFIX, LoadedRun, ema_tensors
from engine.sample.play_results import Direction, Projection, Reading
from engine.sample.projection import picture_column, project
from engine.sample.reading import (
    StepwiseTextDecoder,
    counted_texts,
    likely_texts,
    summarise_cells,
)
from engine.sample.renderer import ROWS, Renderer, scene_of, stacked
from engine.sample.sampler import Samples
from engine.sample.scene import Given, GivenPicture, Noise, Scene, SeedNoise
from engine.sample.scene_file import Provenance
from engine.version import installed_version

SAMPLES = 64
"""Samples that a reading is counted from, and items that directions are judged by."""
OFFSET = 2.0
"""Offset at which a direction is judged."""


class Player:
    """Plays with the EMA of a run's generator, on the CPU. One thread uses it.

    Args:
        run: loaded on the CPU.
        folder: of the run; None if it does not matter.
        live: of the run, if it trains in this process and its weights are to be followed.
    """

    def __init__(
        self, run: LoadedRun, folder: Path | None = None, live: RequestState | None = None
    ) -> None:
        self._run, self._folder = run, folder
        self._following = None if live is None else Following(live, EMA_PREFIX)
        self._renderer = Renderer(run)
        self._directions: tuple[Direction, ...] | None = None

    @property
    def columns(self) -> Mapping[str, ColumnFacts]:
        """Facts of the columns, in the order of generation."""
        return self._renderer.columns

    @property
    def images_seen(self) -> int:
        """Progress of the run at the weights in use."""
        return self._run.checkpoint.images_seen

    @property
    def provenance(self) -> Provenance:
        """Origin of what is rendered."""
        return Provenance(
            run=printable(self._folder.absolute().name) if self._folder else "",
            dataset=self._run.model.dataset,
            images_seen=self.images_seen,
            step=self._run.checkpoint.step,
            seed=0,
            direction="play",
            config_hash=self._run.config_hash,
            version=installed_version(),
            notice=self._run.model.notice,
        )

    def refresh(self) -> bool:
        """Take newer weights of a run that is trained in this process, and ask for the next ones.

        Directions change with the weights.

        Returns:
            Whether the weights have changed.
        """
        snapshot = None if self._following is None else self._following.take()
        if snapshot is None or snapshot.metadata.step <= self._run.checkpoint.step:
            return False
        cast("nn.Module", self._renderer.model).load_state_dict(ema_tensors(snapshot))
        self._run = replace(self._run, checkpoint=snapshot.metadata)
        self._renderer.forget()
        self._directions = None
        return True

    def render(
        self,
        scenes: Sequence[Scene],
        columns: Collection[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> Samples:
        """Render scenes. A scene gives the same item whatever else is rendered with it.

        Args:
            scenes: N, at least one.
            columns: to generate, by default all.
            is_draft: render more than two scenes in half of the time; single pixels may differ by
                one level from what the scene gives otherwise.

        Raises:
            SceneInvalidError: a scene does not fit the model.
            UnknownWordsError: a given text has words that the run does not know.
            CellsInvalidError: a given cell does not fit its field.
        """
        return self._renderer.render(scenes, columns, is_draft=is_draft)

    @torch.inference_mode()
    def read(self, given: Mapping[str, Given], noise: Noise) -> Mapping[str, Reading]:
        """Read in given columns what the other columns of texts and rows may say.

        Texts of the hybrid family have exact probabilities. Other texts, and rows, are counted in
        ``SAMPLES`` samples.

        Args:
            given: by column, at least one.
            noise: its first seed draws the samples.

        Raises:
            SceneInvalidError: a value does not fit the model.
            UnknownWordsError: a given text has words that the run does not know.
            CellsInvalidError: a given cell does not fit its field.
        """
        readings: dict[str, Reading] = {}
        sampled: list[str] = []
        for name, facts in self.columns.items():
            decoder = self._stepwise_decoder(name)
            if name in given or not isinstance(facts, TextFacts | TableFacts):
                continue
            if decoder is not None and isinstance(facts, TextFacts):
                texts = likely_texts(decoder, self._context(given), facts.tokenizer)
                readings[name] = Reading(candidates=texts)
            else:
                sampled.append(name)
        return {**readings, **(self._count(given, noise, sampled) if sampled else {})}

    def directions(self, *, measures_texts: bool = True) -> tuple[Direction, ...]:
        """Return the directions of ``Scene.offsets``, those with the largest effect first.

        Args:
            measures_texts: also find ``text_kept``, which takes as long as rendering and reading
                some hundred pictures, once.
        """
        if self._directions is not None:
            return self._directions
        scales = self._renderer.axes.scales
        if not measures_texts:
            return tuple(
                Direction(number=number, scale=scale, text_kept=None)
                for number, scale in enumerate(scales)
            )
        found = tuple(
            Direction(number=number, scale=scale, text_kept=kept)
            for number, (scale, kept) in enumerate(zip(scales, self._texts_kept(), strict=True))
        )
        self._directions = found
        return found

    def project(
        self, picture: GivenPicture, texts: Mapping[str, Given], control: RunControl
    ) -> Iterator[Projection]:
        """Search for the noise of a picture; yields the best so far every few steps.

        Args:
            picture: in the size of the run's column.
            texts: what is said of the picture, by column; other texts are read in it.
            control: stops the search after what is yielded next.

        Raises:
            SceneInvalidError: the model makes no pictures, or the picture does not fit.
            UnknownWordsError: a text has words that the run does not know.
        """
        column = picture_column(self._renderer)
        read = self.read({column: picture}, Noise.from_seed(0))
        likely = {
            name: str(reading.candidates[0].value)
            for name, reading in read.items()
            if reading.candidates and isinstance(self.columns[name], TextFacts)
        }
        yield from project(self._renderer, picture, {**likely, **texts}, control)

    def _stepwise_decoder(self, name: str) -> StepwiseTextDecoder | None:
        model = self._renderer.model
        decoder = model.decoder(name) if isinstance(model, PairGenerator) else None
        return decoder if isinstance(decoder, StepwiseTextDecoder) else None

    def _context(self, given: Mapping[str, Given]) -> Tensor:
        """Encode what is given: [1, F]."""
        items = [self._renderer.begin(scene_of(given))] * ROWS
        return self._renderer.stages.context(stacked(items, list(given)), ROWS)[:1]

    def _count(
        self, given: Mapping[str, Given], noise: Noise, names: Sequence[str]
    ) -> dict[str, Reading]:
        """Read columns by sampling them."""
        stages = self._renderer.stages
        seed = next((source.seed for source, _w in noise.parts if isinstance(source, SeedNoise)), 0)
        generator = torch.Generator("cpu").manual_seed(seed)
        drawn = self._renderer.model.draw_noise(SAMPLES, generator)
        begun = self._renderer.begin(Scene(noise=noise, given=given))
        rows = stacked([begun] * SAMPLES, begun.rows)
        context = stages.context(rows, SAMPLES)
        readings: dict[str, Reading] = {}
        for name in names:
            parts = {part: drawn[part] for part in stages.parts(name)}
            shown = self._run.modality(name).postprocess(stages.decode(name, parts, rows, context))
            facts = self.columns[name]
            is_table = isinstance(facts, TableFacts)
            readings[name] = summarise_cells(facts, shown) if is_table else counted_texts(shown)
        return readings

    @torch.inference_mode()
    def _texts_kept(self) -> list[float | None]:
        """Return by direction the share of items whose text is read as without an offset."""
        renderer = self._renderer
        texts = [n for n, facts in self.columns.items() if isinstance(facts, TextFacts)]
        others = [n for n in self.columns if n not in texts]
        numbers = range(len(renderer.axes.scales))
        if not texts or not others or isinstance(renderer.model, JointDenseGenerator):
            return [None for _number in numbers]
        noise = [Noise.from_seed(0, row, SAMPLES) for row in range(SAMPLES)]
        unmoved = self._read_back([Scene(noise=each) for each in noise], texts[0], others[-1])
        kept: list[float | None] = []
        for number in numbers:
            moved = [Scene(noise=each, offsets={number: OFFSET}) for each in noise]
            said = self._read_back(moved, texts[0], others[-1])
            kept.append(sum(a == b for a, b in zip(unmoved, said, strict=True)) / SAMPLES)
        return kept

    def _read_back(self, scenes: Sequence[Scene], text: str, column: str) -> tuple[str, ...]:
        """Generate items, and return the most likely text of one of their columns each."""
        made = stacked(self._renderer.generate(scenes, [column]), [column])
        noise = {
            name: torch.zeros(len(scenes), *shape)
            for name, shape in self._renderer.noises.shapes.items()
        }
        return self._run.modality(text).postprocess(self._renderer.model(noise, made)[text])
