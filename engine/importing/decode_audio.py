"""Decodes the sounds of raw samples and prepares the waves that a dataset stores.

All sounds of an import are stored at one rate and in one length, which ``decide_audio_shape``
chooses; those of a gallery, in each column's own. Recordings are high-passed, trimmed and levelled;
the sounds of a gallery, which this program has made, are stored as they are.

Shapes: S samples of a stored wave.
"""

import contextlib
import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.control import RunControl
from engine.data.audio_files import DecodedAudio, probe_audio, read_audio
from engine.data.waveform import (
    Samples,
    Wave,
    fingerprint,
    fit_length,
    high_pass,
    is_clipped,
    is_silent,
    resample,
    set_peak,
    to_int16,
    trim,
)
from engine.errors import EntryError
from engine.importing.formats.format import AudioRef, Format, ImageRef, RawSample
from engine.importing.ledger import Reason, SkipRecord
from engine.importing.packed_samples import with_members
from engine.importing.plan import AudioSettings, ImportPlan
from engine.importing.samples import AudioFacts, DecodedSample
from engine.importing.sources.archive import LIMITS, Archive

DEFAULT_RATE_HZ = 8_000
MAX_AUTO_S = 4.0
"""Longest length that is chosen without being asked for."""
MIN_AUTO_S = 0.1
COVERED = 0.9
"""Share of the sounds that the chosen length covers."""
LENGTHS_READ = 200
"""Sounds whose lengths decide, spread evenly over the source."""
READ_S = 60.0
"""Seconds of a sound that are decoded; silence before the sound is trimmed."""
_STEP_S = 0.01
_DAMAGED = (ValueError, ArithmeticError, LookupError, TypeError, MemoryError)


@dataclass(frozen=True, kw_only=True)
class AudioShape:
    """Rate and length of the stored sounds of a column."""

    rate: int
    """Samples per second."""
    samples: int
    """S."""


@dataclass(frozen=True, kw_only=True)
class AudioLengths:
    """What some sounds of a source say about all of them."""

    seconds: tuple[float, ...]
    """Lengths of those that were read, from the first to the last loud sample."""
    count: int
    """Sounds of the source."""
    rate: int
    """In samples per second, unless the user chooses another."""
    is_prepared: bool
    """Whether they are those of a gallery, whose lengths are kept exactly."""


def measure_sounds(
    archive: Archive, form: Format, samples: Sequence[RawSample], control: RunControl
) -> AudioLengths | None:
    """Read sounds that are spread evenly over a source; None if no sample has a sound.

    Args:
        archive: the source.
        form: its format.
        samples: all samples of the source.
        control: asked between sounds.

    Raises:
        StoppedError: the control asked for it.
    """
    sounds = _sounds_of(samples)
    if not sounds:
        return None
    chosen = _spread(sounds)
    lengths: list[float] = []
    for ref in chosen:
        control.stop_if_asked()
        # What cannot be read is reported when it is decoded.
        with contextlib.suppress(EntryError, *_DAMAGED):
            found = _read(archive, form, ref)
            wave = found.samples if ref.is_prepared else _trimmed(found)
            if ref.is_prepared or not is_silent(wave):
                lengths.append(len(wave) / found.rate)
    return AudioLengths(
        seconds=tuple(lengths),
        count=len(sounds),
        rate=_rate_of(archive, chosen),
        is_prepared=all(ref.is_prepared for ref in chosen),
    )


def choose_audio_shape(settings: AudioSettings, lengths: AudioLengths) -> AudioShape:
    """Return the shape that sounds of some lengths are stored in."""
    rate = settings.rate or lengths.rate
    if settings.seconds:
        return AudioShape(rate=rate, samples=max(1, round(settings.seconds * rate)))
    covering = MIN_AUTO_S
    if lengths.seconds:
        covering = float(np.quantile(lengths.seconds, COVERED, method="inverted_cdf"))
    # The length of a gallery's sounds is a whole number of samples, and of its own.
    if not lengths.is_prepared:
        covering = math.ceil(round(covering / _STEP_S, 6)) * _STEP_S
        covering = min(max(covering, MIN_AUTO_S), MAX_AUTO_S)
    return AudioShape(rate=rate, samples=max(1, round(covering * rate)))


def decide_audio_shape(
    settings: AudioSettings,
    archive: Archive,
    form: Format,
    samples: Sequence[RawSample],
    control: RunControl,
) -> AudioShape | None:
    """Return the shape that sounds are stored in; equal plans and sources give equal shapes.

    Args:
        settings: rate and length, which may be automatic.
        archive: the source.
        form: its format.
        samples: all samples of the source.
        control: asked between sounds.

    Returns:
        None if no sample has a sound.

    Raises:
        StoppedError: the control asked for it.
    """
    sounds = _sounds_of(samples)
    if sounds and settings.seconds:
        # No sound has to be read for its length.
        rate = settings.rate or _rate_of(archive, _spread(sounds))
        return AudioShape(rate=rate, samples=max(1, round(settings.seconds * rate)))
    lengths = measure_sounds(archive, form, samples, control)
    return None if lengths is None else choose_audio_shape(settings, lengths)


def _sounds_of(samples: Sequence[RawSample]) -> list[AudioRef]:
    return list(dict.fromkeys(ref for sample in samples for ref in sample.sounds.values()))


def _spread(sounds: Sequence[AudioRef]) -> list[AudioRef]:
    """Choose sounds whose lengths decide."""
    count = min(LENGTHS_READ, len(sounds))
    return [sounds[number * len(sounds) // count] for number in range(count)]


def _rate_of(archive: Archive, refs: Sequence[AudioRef]) -> int:
    """Return the most frequent rate of a gallery's sounds; else the default."""
    rates: Counter[int] = Counter()
    for ref in refs:
        if ref.is_prepared:
            with contextlib.suppress(EntryError):
                rates[probe_audio(archive.read(ref.path, LIMITS.file_bytes)).rate] += 1
    return rates.most_common(1)[0][0] if rates else DEFAULT_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class AudioDecoder:
    """Decodes the sounds of samples; may be called from several threads at once."""

    archive: Archive
    form: Format
    shapes: Mapping[str, AudioShape]
    """By column."""

    def add_sounds(self, sample: DecodedSample) -> DecodedSample:
        """Decode the sounds of a sample whose image is decoded.

        A sound that cannot be used is left out. If the sample has nothing else that a dataset could
        be made of, the sample cannot be used either.
        """
        facts: dict[str, AudioFacts] = {}
        waves: dict[str, Wave] = {}
        refused = list(sample.refused)
        for column, ref in sample.raw.sounds.items():
            name = ref.path if ref.part < 0 else f"{sample.raw.key}.{column}"
            try:
                waves[column], facts[column] = self._decode(ref, self.shapes[column])
            except EntryError as error:
                reason = Reason(error.reason) if error.reason in list(Reason) else Reason.DAMAGED
                refused.append(SkipRecord(path=name, reason=reason, detail=error.detail))
            except _DAMAGED as error:
                # One damaged file must not end the import of all others.
                detail = f"{type(error).__name__}: {error}"
                refused.append(SkipRecord(path=name, reason=Reason.DAMAGED, detail=detail))
        members = {**sample.members, **waves}
        found = replace(sample, sounds=facts, members=members, refused=tuple(refused))
        has_other = sample.raw.image or sample.raw.cells or sample.pictures
        if refused and not facts and not has_other:
            return replace(found, reason=refused[0].reason, detail=refused[0].detail)
        return found

    def _decode(self, ref: AudioRef, shape: AudioShape) -> tuple[Wave, AudioFacts]:
        original = _read(self.archive, self.form, ref)
        rate = shape.rate
        if ref.is_prepared:
            sound = whole = resample(original.samples, original.rate, rate)
        else:
            sound = trim(high_pass(resample(original.samples, original.rate, rate), rate), rate)
            if is_silent(sound):
                raise EntryError(ref.path, Reason.SILENT, "it holds no sound above -60 dB")
            whole = set_peak(sound)
        wave = to_int16(fit_length(whole, shape.samples))
        return wave, audio_facts(
            wave,
            rate,
            seconds=len(sound) / rate,
            is_clipped=is_clipped(original.samples),
            is_cut=original.is_cut or len(sound) > shape.samples,
        )


def audio_decoder(
    plan: ImportPlan,
    archive: Archive,
    form: Format,
    samples: Sequence[RawSample],
    control: RunControl,
) -> AudioDecoder | None:
    """Build the decoder of a source's sounds; None if no sample has one.

    Raises:
        StoppedError: the control asked for it.
    """
    samples = with_members(samples)
    columns = dict.fromkeys(name for sample in samples for name in sample.sounds)
    shapes: dict[str, AudioShape | None] = {}
    if all(ref.is_prepared for sample in samples for ref in sample.sounds.values()):
        for name in columns:
            having = [
                replace(sample, sounds={name: sample.sounds[name]})
                for sample in samples
                if name in sample.sounds
            ]
            shapes[name] = decide_audio_shape(plan.audio, archive, form, having, control)
    else:
        shared = decide_audio_shape(plan.audio, archive, form, samples, control)
        shapes = dict.fromkeys(columns, shared)
    found = {name: shape for name, shape in shapes.items() if shape is not None}
    return AudioDecoder(archive=archive, form=form, shapes=found) if found else None


def audio_facts(
    wave: Wave, rate: int, *, seconds: float, is_clipped: bool, is_cut: bool
) -> AudioFacts:
    """Hash a stored wave.

    Args:
        wave: [S].
        rate: in samples per second.
        seconds: of the original.
        is_clipped: whether the original has flat tops.
        is_cut: whether the original is longer.
    """
    return AudioFacts(
        seconds=seconds,
        digest=wave_digest(wave),
        fingerprint=fingerprint(wave, rate),
        bands=_mean_bands(wave, rate),
        is_clipped=is_clipped,
        is_cut=is_cut,
        is_silent=is_silent(wave),
    )


_BANDS = 96
_LOWEST_HZ = 60.0


def _mean_bands(wave: Wave, rate: int) -> bytes:
    """Return the peak of the spectrum in bands of about three quarters of a semitone at 8 kHz.

    The square root brings weak overtones nearer to the loudest band, which is 255.
    """
    spectrum = np.abs(np.fft.rfft(wave.astype(np.float32)))
    edges = np.geomspace(_LOWEST_HZ, rate / 2, _BANDS + 1) * len(wave) / rate
    starts = np.minimum(edges[:-1].astype(int), len(spectrum) - 1)
    peaks = np.sqrt(np.maximum.reduceat(spectrum, starts))
    return (255 * peaks / max(float(peaks.max()), 1e-9)).astype(np.uint8).tobytes()


def wave_digest(wave: Wave) -> bytes:
    """Return a digest of a stored wave: equal waves have equal digests."""
    return hashlib.blake2b(wave.astype("<i2", copy=False).tobytes(), digest_size=16).digest()


def _read(archive: Archive, form: Format, ref: AudioRef) -> DecodedAudio:
    content = (
        archive.read(ref.path, LIMITS.file_bytes)
        if ref.part < 0
        else form.load(archive, ImageRef(path=ref.path, part=ref.part))
    )
    if not isinstance(content, bytes):
        raise EntryError(ref.path, Reason.NOT_AUDIO, "it is no file")
    return read_audio(content, max_seconds=READ_S)


def _trimmed(sound: DecodedAudio) -> Samples:
    return trim(high_pass(sound.samples, sound.rate), sound.rate)
