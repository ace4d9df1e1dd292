"""Sounds for the wizard: how long those of a source are, and a few of them as they would be stored.

Shapes: S samples of a stored wave, H height, W width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.control import RunControl
from engine.data.spectrogram_picture import spectrogram_picture
from engine.data.waveform import Wave
from engine.importing.decode_audio import (
    AudioDecoder,
    AudioLengths,
    AudioShape,
    choose_audio_shape,
    measure_sounds,
)
from engine.importing.formats.format import Pixels, RawSample
from engine.importing.formats.registry import FORMATS
from engine.importing.formats.sounds import with_sounds
from engine.importing.ledger import FileLedger
from engine.importing.plan import ImportPlan
from engine.importing.samples import DecodedSample
from engine.importing.scan import QuickScan
from engine.importing.sources.archive import Archive

SHOWN = 12
LOOKED_AT = 36
"""Samples from which those that are shown are chosen; some may have no usable sound."""


@dataclass(frozen=True, kw_only=True)
class PreviewSound:
    """A sound as it would be stored."""

    key: str
    """Of its item."""
    column: str
    samples: Wave
    """[S]."""
    rate: int
    """Samples per second."""
    seconds: float
    """Of the original, from the first to the last loud sample."""
    is_cut: bool
    picture: Pixels
    """Spectrogram of the stored wave: [H, W, 3]."""


@dataclass(frozen=True, kw_only=True)
class MeasuredSounds:
    """What does not depend on the settings of sounds."""

    lengths: AudioLengths
    samples: tuple[RawSample, ...]
    """Some with a sound, spread over the source."""


@dataclass(frozen=True, kw_only=True)
class SoundPreview:
    """The sounds of a source with the settings of a plan."""

    lengths: AudioLengths
    shape: AudioShape
    """That sounds are stored in."""
    sounds: tuple[PreviewSound, ...]

    @property
    def seconds(self) -> float:
        """Length of the stored sounds."""
        return self.shape.samples / self.shape.rate

    @property
    def cut(self) -> int:
        """Of the sounds that were read, how many are longer than what is stored."""
        # As decoding has it: a whole number of samples decides.
        rate = self.shape.rate
        return sum(round(each * rate) > self.shape.samples for each in self.lengths.seconds)


def read_lengths(
    plan: ImportPlan, archive: Archive, look: QuickScan, control: RunControl
) -> MeasuredSounds | None:
    """Find the sounds of a source and read the lengths of some; None if it has no sound.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the spec names what does not exist.
        SourceUnreadableError: the source or its table cannot be read.
    """
    ledger = FileLedger()
    form = FORMATS[plan.reading.format]
    found = form.scan(archive, look.listing, plan.reading, ledger)
    samples: list[RawSample] = []
    for sample in with_sounds(found, look.listing, ledger):
        control.stop_if_asked()
        if sample.sounds:
            samples.append(sample)
    lengths = measure_sounds(archive, form, samples, control)
    if lengths is None:
        return None
    count = min(LOOKED_AT, len(samples))
    chosen = tuple(samples[number * len(samples) // count] for number in range(count))
    return MeasuredSounds(lengths=lengths, samples=chosen)


def preview_sounds(
    plan: ImportPlan, measured: MeasuredSounds, archive: Archive, control: RunControl
) -> SoundPreview:
    """Prepare a few sounds as an import would; those that cannot be used are passed over.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source cannot be read.
    """
    shape = choose_audio_shape(plan.audio, measured.lengths)
    columns = [name for sample in measured.samples for name in sample.sounds]
    decoder = AudioDecoder(
        archive=archive,
        form=FORMATS[plan.reading.format],
        shapes=dict.fromkeys(columns, shape),
    )
    sounds: list[PreviewSound] = []
    # In an order whose first few are spread over all.
    step = max(1, len(measured.samples) // SHOWN)
    ordered = [one for start in range(step) for one in measured.samples[start::step]]
    for sample in ordered:
        control.stop_if_asked()
        decoded = decoder.add_sounds(DecodedSample(raw=sample))
        sounds += sounds_of(decoded, decoder.shapes)
        if len(sounds) >= SHOWN:
            break
    return SoundPreview(lengths=measured.lengths, shape=shape, sounds=tuple(sounds[:SHOWN]))


def sounds_of(sample: DecodedSample, shapes: Mapping[str, AudioShape]) -> Sequence[PreviewSound]:
    """Return the sounds of a sample whose values are still there.

    Args:
        sample: as it was decoded.
        shapes: of the stored sounds, by column.
    """
    return [
        PreviewSound(
            key=sample.raw.key,
            column=column,
            samples=sample.members[column],
            rate=shapes[column].rate,
            seconds=facts.seconds,
            is_cut=facts.is_cut,
            picture=spectrogram_picture(sample.members[column], shapes[column].rate),
        )
        for column, facts in sample.sounds.items()
    ]
