"""Finds the noise whose picture is nearest to a given one.

The noise is optimised through the decoder, from several starts, as in the projection of StyleGAN2
(Karras et al. 2020, arXiv:1912.04958, section 5) but with the difference of pixels alone: pictures
here are too small for a perceptual distance.

Shapes: B starts, Z latent numbers, C channels, H height, W width.
"""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from engine.control import RunControl
from engine.data.facts import ImageFacts
from engine.errors import SceneInvalidError
from engine.nets.generator import PairGenerator
from engine.nets.joint_dense import JointDenseGenerator
from engine.nets.vae import MultimodalVae
from engine.sample.play_results import Projection
from engine.sample.renderer import Item, Renderer
from engine.sample.scene import Given, GivenPicture, Noise, Scene, StoredNoise

STEPS = 150
STARTS = 4
"""Noises that are optimised side by side."""
YIELD_EVERY = 10
CANDIDATES = 32
"""Noises of which the nearest are the starts."""
LEARNING_RATE = 0.1
NOISE_WEIGHT = 1e-3
"""Of the mean square of the noise, which is 1 for noise that is drawn; it keeps the noise from
growing where pixels gain nothing."""


def project(
    renderer: Renderer, picture: GivenPicture, texts: Mapping[str, Given], control: RunControl
) -> Iterator[Projection]:
    """Search for the noise of a picture; yields the best so far every ``YIELD_EVERY`` steps.

    Args:
        renderer: of the model.
        picture: in the size of the model's column.
        texts: texts of the picture, which condition it where the model is conditioned on them.
        control: stops the search; what was found is kept by what was yielded.

    Raises:
        SceneInvalidError: the model makes no pictures, or the picture does not fit.
    """
    search = _Search(renderer, picture, texts)
    with torch.inference_mode(mode=False), torch.enable_grad():
        values = search.starts().requires_grad_()
    optimizer = torch.optim.Adam([values], lr=LEARNING_RATE)
    for step in range(STEPS + 1):
        with torch.inference_mode(mode=False), torch.enable_grad():
            errors = search.errors(values)
            loss = errors.sum() + NOISE_WEIGHT * values.square().mean(1).sum()
            optimizer.zero_grad()
            loss.backward()
        search.remember(values.detach(), errors.detach())
        if step % YIELD_EVERY == 0 or step == STEPS:
            yield search.best(step)
            if control.is_stop_requested:
                return
        optimizer.step()


class _Search:
    def __init__(
        self, renderer: Renderer, picture: GivenPicture, texts: Mapping[str, Given]
    ) -> None:
        self._renderer, self._stages = renderer, renderer.stages
        self._column = picture_column(renderer)
        model = renderer.model
        # A code is sought as a whole: what is given would only shift it.
        is_code = isinstance(model, MultimodalVae | JointDenseGenerator)
        self._given = {} if is_code else dict(texts)
        with torch.inference_mode():
            target = renderer.begin(Scene(noise=Noise.from_seed(0), given={self._column: picture}))
        self._target = _plain(target.rows[self._column])
        self._fixed = self._generate_fixed()
        self._code = self._read_code(target) if isinstance(model, MultimodalVae) else None
        self._least, self._found = math.inf, torch.zeros(0)

    def starts(self) -> Tensor:
        """Return the nearest of random noises, and the code that the encoder reads: [B, Z]."""
        shape = self._renderer.noises.shapes[self._stages.directed]
        generator = torch.Generator("cpu").manual_seed(0)
        drawn = torch.randn(CANDIDATES, *shape, generator=generator)
        if self._code is not None:
            drawn[0] = self._code
        with torch.no_grad():
            errors = torch.cat([self.errors(part) for part in drawn.split(STARTS)])
        return drawn[errors.topk(STARTS, largest=False).indices].clone()

    def errors(self, values: Tensor) -> Tensor:
        """Return the mean squared difference of the pixels: [B, Z] to [B]."""
        return (self._pictures(values) - self._target).square().flatten(1).mean(1)

    def remember(self, values: Tensor, errors: Tensor) -> None:
        """Keep the noise with the least error of all so far."""
        place = int(errors.argmin())
        if float(errors[place]) < self._least:
            self._least = float(errors[place])
            self._found = values[place].clone()

    def best(self, step: int) -> Projection:
        """Return the noise with the least error as a scene, and its picture."""
        stored = StoredNoise(values=((self._stages.directed, tuple(self._found.tolist())),))
        scene = Scene(noise=Noise(parts=((stored, 1.0),)), given=self._given)
        picture = self._renderer.render([scene], [self._column]).images[0]
        return Projection(step=step, steps=STEPS, error=self._least, scene=scene, picture=picture)

    def _pictures(self, values: Tensor) -> Tensor:
        """Generate pictures from noise: [B, Z] to [B, C, H, W]."""
        items = dict(self._fixed)
        for name in self._renderer.columns:
            if name in items or not (self._stages.is_chained or name == self._column):
                continue
            noise = {part: self._noise(part) for part in self._stages.parts(name)}
            noise[self._stages.directed] = values
            known = dict(items)
            made = self._stages.decode(name, noise, known, self._stages.context(known, STARTS))
            if name == self._column:
                return made
            items[name] = made
        raise SceneInvalidError("the model makes no pictures")

    def _generate_fixed(self) -> dict[str, Tensor]:
        """Return the columns that are given or do not depend on the noise that is sought."""
        scene = Scene(noise=Noise.from_seed(0), given=self._given)
        names = list(self._renderer.columns)
        before = names[: names.index(self._column)]
        independent = [
            name
            for name in before
            if self._stages.is_chained and self._stages.directed not in self._stages.parts(name)
        ]
        # As a stored noise has it, what it lacks is drawn from seed 0.
        stored = Noise(parts=((StoredNoise(values=()), 1.0),))
        (item,) = self._renderer.generate([Scene(noise=stored, given=scene.given)], independent)
        kept = [name for name in names if name in self._given or name in independent]
        return {
            name: _plain(item.rows[name]).expand(STARTS, *item.rows[name].shape) for name in kept
        }

    def _noise(self, part: str) -> Tensor:
        row = _plain(
            self._renderer.noises.part(Noise(parts=((StoredNoise(values=()), 1.0),)), part)
        )
        return row.expand(STARTS, *row.shape)

    def _read_code(self, target: Item) -> Tensor:
        """Return the code that the encoder reads in the picture: [Z]."""
        row = target.rows[self._column]
        context = self._stages.context({self._column: row.expand(STARTS, *row.shape)}, STARTS)
        return _plain(context[0].chunk(2)[0])


def picture_column(renderer: Renderer) -> str:
    """Return the column of pictures that is projected.

    Raises:
        SceneInvalidError: there is none.
    """
    pictures = [name for name, facts in renderer.columns.items() if isinstance(facts, ImageFacts)]
    directed = renderer.stages.directed
    if not pictures or (isinstance(renderer.model, PairGenerator) and directed not in pictures):
        raise SceneInvalidError("the model makes no pictures")
    return directed if directed in pictures else pictures[-1]


def _plain(row: Tensor) -> Tensor:
    """Copy a tensor of inference mode to one that gradients may pass."""
    with torch.inference_mode(mode=False):
        return row.clone()
