"""Sounds of a source: found by their names, and joined with the images and texts they belong to.

Layouts::

    001.png             a sound beside an image, a text or both:
    001.txt
    001.wav
    images/002.png      or in a folder beside theirs
    audio/002.wav

    dog/                sounds without images, in class folders, with texts of their name or with
        003.flac        texts in their names

Sounds of a table are found by ``SoundIndex``, as images are by ``ImageIndex``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.data.audio_headers import AUDIO_SUFFIXES
from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT, text_column
from engine.importing.formats.format import (
    NOTHING,
    AudioRef,
    FileListing,
    ImageRef,
    RawSample,
    suffix_of,
)
from engine.importing.formats.names import (
    TEXT_SUFFIXES,
    ImageIndex,
    folded,
    folder_of,
    image_numbers,
    plain,
    stem_of,
)
from engine.importing.ledger import FileLedger
from engine.importing.packed import Numbers, Picked

MAX_AUDIO_COLUMNS = 8
"""Columns of sounds that are imported of a table."""

_MEMBER_FOLDER = re.compile(
    r"images?|imgs?|jpe?gs?|texts?|captions?|labels?|audios?|sounds?|wavs?|clips?|speech|voices?"
)
"""Folders that hold one member of each item, in lower case."""
_FILE_PART = re.compile(r"_(?:file_?name|file_?path|file|path)$")
_FILE_NAMES = frozenset(("file_name", "filename", "file", "file_path", "filepath", "path"))
_WRONG = re.compile(r"[^a-z0-9_]+")


def is_sound(path: str) -> bool:
    """Whether a file is named like a sound that can be read."""
    return suffix_of(path) in AUDIO_SUFFIXES


def sound_paths(listing: FileListing) -> Sequence[str]:
    """Return the files that are named like sounds, in order."""
    return Picked(listing.paths, listing.numbers_of(AUDIO_SUFFIXES))


def media_paths(listing: FileListing) -> Sequence[str]:
    """Return the images of a source, or its sounds if it has no image: each makes an item."""
    return Picked(listing.paths, media_numbers(listing))


def media_numbers(listing: FileListing) -> Numbers:
    """Return the numbers of the same files, ascending."""
    images = image_numbers(listing)
    return images if len(images) else listing.numbers_of(AUDIO_SUFFIXES)


def media_sample(path: str, texts: Iterable[str], extras: Mapping[str, str] = NOTHING) -> RawSample:
    """Make the sample of a path that ``media_paths`` returned."""
    is_alone = is_sound(path)
    return RawSample(
        key=path,
        image=None if is_alone else ImageRef(path=path),
        texts=tuple(texts),
        extras=extras,
        sounds={AUDIO: AudioRef(path=path)} if is_alone else NOTHING,
    )


def scan_media(
    paths: Iterable[str],
    ledger: FileLedger,
    describe: Callable[[str], tuple[Iterable[str], Mapping[str, str]]],
) -> Iterator[RawSample]:
    """Yield a sample for each path, with the texts and extras that ``describe`` returns for it."""
    for path in paths:
        ledger.mark_used(path)
        yield media_sample(path, *describe(path))


def column_of(name: str) -> str:
    """Return the column of a dataset for one of a table: ``speech`` for ``speech_file_name``."""
    name = _WRONG.sub("_", _FILE_PART.sub("", plain(name))).strip("_")[:32]
    if name in {*_FILE_NAMES, IMAGE, TEXT, TABLE}:
        return AUDIO
    try:
        return text_column(name).name
    except ValueError:
        return AUDIO


class SoundIndex(ImageIndex):
    """Finds the sound that a table means, as ``ImageIndex`` finds images.

    Args:
        listing: of the source.
        are_prepared: whether they are those of a gallery of this program.
    """

    def __init__(self, listing: FileListing, *, are_prepared: bool = False) -> None:
        super().__init__(listing, sound_paths(listing))
        self.are_prepared = are_prepared

    def column_of(self, name: str, path: str) -> str:
        """Return the column of a dataset for a sound that a column of a table names."""
        # Galleries write the column between number and suffix: "000012.speech.wav".
        if self.are_prepared and (inner := suffix_of(stem_of(path))):
            return column_of(inner[1:])
        return column_of(name)


def with_sounds(
    samples: Iterable[RawSample], listing: FileListing, ledger: FileLedger
) -> Iterator[RawSample]:
    """Give samples without a sound the one that has the stem of their image or text file.

    Args:
        samples: as a format yields them.
        listing: of the source.
        ledger: the sounds that are found are marked as used.
    """
    paths = sound_paths(listing)
    if not paths:
        yield from samples
        return
    by_place: dict[str, str] = {}
    for place_of in (_own_place, _parallel_place):
        for path in paths:
            by_place.setdefault(place_of(path), path)
    for sample in samples:
        image = sample.image
        file = sample.key if image is None else image.path
        # A row of a table is no file, and neither is an image within one.
        is_file = suffix_of(file) in TEXT_SUFFIXES if image is None else image.part < 0
        path = by_place.get(_own_place(file)) or by_place.get(_parallel_place(file))
        if sample.sounds or not is_file or path is None:
            yield sample
            continue
        ledger.mark_used(path)
        yield replace(sample, sounds={AUDIO: AudioRef(path=path)})


def _own_place(path: str) -> str:
    """Return folder and stem, in the form in which equal names meet."""
    return f"{folded(folder_of(path))}/{folded(stem_of(path))}"


def _parallel_place(path: str) -> str:
    """Return the same with a star for the first folder that holds one member of each item."""
    parts = folded(folder_of(path)).split("/")
    place = next((n for n, part in enumerate(parts) if _MEMBER_FOLDER.fullmatch(part)), None)
    if place is not None:
        parts[place] = "*"
    return f"{'/'.join(parts)}/{folded(stem_of(path))}"
