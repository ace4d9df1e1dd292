"""A sample after it was decoded, with the facts about image and sounds that the checks use.

Shapes: N images, H height and W width of the stored images, C channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from engine.data.image_decode import Original
from engine.importing.formats.format import NOTHING, Pixels, RawSample
from engine.importing.ledger import Reason, SkipRecord
from engine.importing.near_duplicates import colour_layouts, perceptual_hashes, pixel_digest


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFacts:
    """Size and hashes of an image, small enough to keep a million of them in memory."""

    width: int
    """Of the original, in pixels; 0 if it is not known."""
    height: int
    pixel_digest: bytes
    """Digest of the stored pixels: equal pixels have equal digests."""
    phash: int
    """Perceptual hash of the stored pixels: images that look alike differ in few bits."""
    colours: bytes
    """Mean colours of a grid of cells; empty to ignore colours."""
    is_grey: bool
    """Whether all channels are equal."""
    bands: int = 3
    """Channels of the original, without the opacity."""
    is_deep: bool = False
    """Whether the original has more than 8 bits, so that the value range was applied."""
    has_more_frames: bool = False
    """Whether its file holds other frames or pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioFacts:
    """What the checks ask of a sound."""

    seconds: float
    """From the first to the last loud sample of the original."""
    digest: bytes
    """Of the stored wave: equal waves have equal digests."""
    fingerprint: int
    """Of the stored wave, as ``engine.data.waveform.fingerprint`` makes it."""
    bands: bytes
    """Of the stored wave, the mean spectrum: it tells steady tones of other pitches apart, whose
    fingerprints are equal."""
    is_clipped: bool
    """Whether the original has flat tops."""
    is_cut: bool
    """Whether it is longer than what is stored."""
    is_silent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFacts:
    """What an import asks of a picture of a further column."""

    digest: bytes
    """Of the stored pixels: equal pixels have equal digests."""
    is_grey: bool
    """Whether all channels are equal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodedSample:
    """A raw sample and the result of decoding its image and its sounds."""

    raw: RawSample
    facts: ImageFacts | None = None
    """None for a sample without an image, or whose image cannot be used."""
    reason: Reason | None = None
    """Why the sample cannot be used: its image cannot, or its only sounds."""
    detail: str = ""
    row: int = -1
    """Row of its pixels in the staging; -1 if there are none."""
    pixels: Pixels | None = None
    """[H, W, C] while the sample is passed from the decoder to the staging, then None."""
    sounds: Mapping[str, AudioFacts] = field(default_factory=lambda: NOTHING)
    """By column; of those that can be used."""
    pictures: Mapping[str, PictureFacts] = field(default_factory=lambda: NOTHING)
    """By further column; of those that can be used."""
    refused: tuple[SkipRecord, ...] = ()
    """Sounds and further pictures that cannot be used; the sample does without them."""
    member_rows: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    """By column, rows of the waves and further pictures in the staging; empty without a staging."""
    members: Mapping[str, npt.NDArray[Any]] = field(default_factory=lambda: NOTHING)
    """By column, waves [S] and further pictures [H, W, C] while the sample is passed on, as
    ``pixels`` are."""


def image_facts(images: Pixels, originals: Sequence[Original]) -> list[ImageFacts]:
    """Hash stored images [N, H, W, C]; one call for many images is several times as fast.

    Args:
        images: as stored.
        originals: what each was decoded from.
    """
    looks, layouts = perceptual_hashes(images).tolist(), colour_layouts(images)
    greys = (images == images[..., :1]).all(axis=(1, 2, 3)).tolist()
    return [
        ImageFacts(
            width=original.size[0],
            height=original.size[1],
            pixel_digest=pixel_digest(images[row]),
            phash=looks[row],
            colours=layouts[row].tobytes(),
            is_grey=greys[row],
            bands=original.bands,
            is_deep=original.is_deep,
            has_more_frames=original.has_more_frames,
        )
        for row, original in enumerate(originals)
    ]
