"""Augmentation of log-mel spectrograms: shift, gain, equaliser and masks, and never a mirror image.

A sound that is played backwards or upside down is another sound, so nothing of what moves pictures
applies. Silence stays silent under gain and equaliser.

Shapes: B sounds, M mel bands, T frames.
"""

import math

import torch
from torch import Tensor

from engine.augment.pipeline import ADA_RAMP_IMAGES, TARGET, Augmenter
from engine.augment.transforms import NONE, RandomDraws, find_sources, interpolate, resample

MAX_SHIFT = 1 / 8
"""Largest shift in time, as a fraction of the length; silence moves in."""
MAX_GAIN_DB = 6.0
EQUALISER_DB = (3.0, 2.0, 1.0)
"""Largest amplitude of the curve with half a period over the mel bands, with one and with one and a
half: at most 6 dB together.
"""
MAX_MASK = 1 / 8
"""Longest mask, as a fraction of the frames or bands."""
FADE = 0.5
"""Range above the floor within which gains fade to nothing, of the 2 from floor to full scale. It
exceeds all gains together, so louder stays louder.
"""


class AudioAugmenter(Augmenter):
    """Augments the spectrograms that the discriminator sees, real and generated alike.

    Modes, probability and adaptation are those of ``Augmenter``; ``diffaugment`` applies every
    change to every sound.

    Args:
        mode: ``none``, ``diffaugment`` or ``ada``.
        floor_db: range of the spectrograms, as ``SpectrogramConfig`` has it.
        ada_ramp_images: sounds in which p could rise from 0 to 1.
        target: of r_t.

    Raises:
        ValueError: the mode is unknown.
    """

    def __init__(
        self,
        mode: str,
        *,
        floor_db: float = 60.0,
        ada_ramp_images: float = ADA_RAMP_IMAGES,
        target: float = TARGET,
    ) -> None:
        super().__init__(mode, ada_ramp_images=ada_ramp_images, target=target)
        self._per_db = 2 / floor_db

    def forward(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augment spectrograms; differentiable any number of times.

        Args:
            images: [B, 1, M, T] spectrograms in [-1, 1], silence at -1.
            generator: on their device.

        Returns:
            [B, 1, M, T], not clipped; exactly the input where no change applies.
        """
        if self.mode == NONE:
            return images
        draws = RandomDraws(images, generator, probability=self.probability)
        images = equalise(shift_in_time(images, draws), draws, per_db=self._per_db)
        return mask_bands(mask_frames(images, draws), draws)


def shift_in_time(spectrograms: Tensor, draws: RandomDraws) -> Tensor:
    """Shift by whole frames; what moves in is silence."""
    frames = spectrograms.shape[3]
    reach = int(frames * MAX_SHIFT + 0.5)
    shifts = torch.where(draws.bernoulli_mask(), draws.integers(-reach, reach), 0.0)
    sources = find_sources(frames, stretch=torch.ones_like(shifts), shift=shifts)
    # Beyond the border lies 0, so the floor is moved there first.
    shifted = resample(spectrograms + 1, down=None, across=interpolate(sources)) - 1
    return torch.where(shifts[:, None, None, None] == 0, spectrograms, shifted)


def equalise(spectrograms: Tensor, draws: RandomDraws, *, per_db: float) -> Tensor:
    """Change the gain, by the same amount everywhere and by a smooth curve over the mel bands.

    Args:
        spectrograms: [B, 1, M, T] in [-1, 1].
        draws: random parameters.
        per_db: difference in level that is 1 dB.
    """
    bands = spectrograms.shape[2]
    gains = torch.where(draws.bernoulli_mask(), draws.uniform(-MAX_GAIN_DB, MAX_GAIN_DB), 0.0)
    centres = (torch.arange(bands, device=gains.device, dtype=gains.dtype) + 0.5) / bands
    is_equalised = draws.bernoulli_mask()
    curve = gains[:, None].expand(-1, bands)
    for number, amplitude_db in enumerate(EQUALISER_DB, start=1):
        amplitudes = torch.where(is_equalised, draws.uniform(-amplitude_db, amplitude_db), 0.0)
        curve = curve + amplitudes[:, None] * torch.cos(math.pi * number * centres)
    fade = ((spectrograms + 1) / FADE).clamp(0, 1)
    return spectrograms + per_db * curve[:, None, :, None] * fade


def mask_frames(spectrograms: Tensor, draws: RandomDraws) -> Tensor:
    """Silence some successive frames.

    Source: Park et al. 2019 (SpecAugment), arXiv:1904.08779, section 2.
    """
    is_kept = _draw_kept(draws, spectrograms.shape[3])[:, None, None, :]
    return torch.where(is_kept, spectrograms, -1.0)


def mask_bands(spectrograms: Tensor, draws: RandomDraws) -> Tensor:
    """Silence some neighbouring bands. Source: as ``mask_frames``."""
    is_kept = _draw_kept(draws, spectrograms.shape[2])[:, None, :, None]
    return torch.where(is_kept, spectrograms, -1.0)


def _draw_kept(draws: RandomDraws, side: int) -> Tensor:
    """Draw which positions of an axis a mask leaves: [B, side] booleans."""
    is_masked = draws.bernoulli_mask()
    length = draws.integers(0, int(side * MAX_MASK + 0.5))
    start = (draws.uniform(0.0, 1.0) * (side - length + 1)).floor().clamp(max=side - 1)
    places = torch.arange(side, device=length.device, dtype=length.dtype)
    behind = places - start[:, None]
    covered = (behind >= 0) & (behind < length[:, None]) & is_masked[:, None]
    return ~covered
