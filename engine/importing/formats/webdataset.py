"""WebDataset shards: tar files in which members with the same name make a sample.

Layout::

    train-000000.tar
        000001.jpg          the image; also .img, or any name for the content of an image
        000001.wav          its sound; also .flac, .mp3 or .ogg, and 000001.speech.wav of a column
        000001.txt          its text; also .caption, .cap, .cls, or any name for a text
        000001.json         fields, such as "caption"
    train-000001.tar

The name of a sample is the path up to the first dot of the file name; where that makes no pairs, as
with ``photo.v1.0001.png``, up to the last one.
"""

import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, BinaryIO

from engine.data.audio_headers import AUDIO_SUFFIXES, is_audio
from engine.data.column_info import AUDIO
from engine.errors import ConfigError, EntryError, Problem
from engine.importing.encoding import decode_text
from engine.importing.formats.columns import RowError, RowTexts
from engine.importing.formats.format import (
    MAX_LISTED,
    NOTHING,
    AudioRef,
    Detection,
    FileListing,
    FileSet,
    ImageRef,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import (
    TEXT_NAMES,
    is_image,
    skip_leftovers,
    split_extras,
    starts_like_image,
)
from engine.importing.formats.sounds import MAX_AUDIO_COLUMNS, column_of, is_sound
from engine.importing.formats.streams import STREAM_ERRORS, checked_encoding
from engine.importing.language import is_language
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Archive
from engine.importing.sources.tar import is_plain_file, read_headers, read_member

TEXT_PARTS = ("txt", "caption", "text", "cap", "captions", "cls")
"""Members that are texts, the likeliest first; ``cls`` holds a class."""
_JSON = "json"
_IMAGE, _TEXT, _SOUND = "image", "text", "sound"
_HEAD_BYTES = 512
_LOOKED_AT = 60


@dataclass(slots=True)
class _Sample:
    image: int = -1
    """Place of its image in the shard."""
    sounds: dict[str, int] = field(default_factory=dict)
    """Places of its sounds, by column."""
    values: dict[str, Any] = field(default_factory=dict)


class ShardScan:
    """Reads the samples of one shard."""

    def __init__(
        self, archive: Archive, shard: str, reading: ImportSpec, ledger: FileLedger
    ) -> None:
        self._archive, self._shard, self._reading = archive, shard, reading
        self._ledger = ledger
        self._encoding = checked_encoding(reading.encoding)
        self._extras = split_extras(shard, of_table=True)
        self._at_last_dot = False

    def items(self) -> Iterator[RawSample]:
        """Yield the samples; if a shard is truncated, those before."""
        samples: dict[str, _Sample] = {}
        reason, detail = Reason.NOT_USED, "it holds no samples"
        try:
            with self._archive.open(self._shard) as stream:
                names: list[str] = []
                with suppress(tarfile.ReadError):
                    names.extend(member.name for member in islice(_files(stream), _LOOKED_AT))
                self._at_last_dot = pairs_at_last_dot(names)
                stream.seek(0)
                for member in _files(stream):
                    self._add(samples, stream, member)
        except tarfile.ReadError as error:
            reason, detail = Reason.DAMAGED, str(error)
        except EntryError as error:
            reason, detail = Reason(error.reason), error.detail
        except STREAM_ERRORS as error:
            reason, detail = Reason.UNREADABLE, str(error)
        if not samples:
            self._ledger.mark_skipped(self._shard, reason, detail)
            return
        self._ledger.mark_used(self._shard)
        if reason != Reason.NOT_USED:
            self._ledger.mark_item_skipped(f"{self._shard}#end", reason, detail)
        for name, sample in samples.items():
            yield from self._item(f"{self._shard}#{name}", sample)

    def _add(self, samples: dict[str, _Sample], stream: BinaryIO, member: tarfile.TarInfo) -> None:
        name, part = sample_name(member.name, at_last_dot=self._at_last_dot)
        key = f"{self._shard}#{member.name}"
        content = _content_of(stream, member, part)
        if content == _IMAGE:
            sample = samples.setdefault(name, _Sample())
            if sample.image < 0:
                sample.image = member.offset
                return
            detail = "its sample has an image already"
            self._ledger.mark_item_skipped(key, Reason.NOT_USED, detail)
        elif content == _SOUND:
            self._add_sound(samples.setdefault(name, _Sample()), key, part, member.offset)
        elif content == _TEXT:
            try:
                values = _values(stream, member, part, self._encoding)
            except RowError as error:
                self._ledger.mark_item_skipped(key, error.reason, error.detail)
            else:
                samples.setdefault(name, _Sample()).values |= values
        else:
            self._ledger.mark_item_skipped(key, Reason.NOT_USED)

    def _add_sound(self, sample: _Sample, key: str, part: str, place: int) -> None:
        column = sound_column(part)
        wanted = {sound_column(name) for name in self._reading.audio_columns} or {column}
        detail = "its sample has a sound of this name already"
        if column not in wanted:
            detail = "its column is not imported"
        elif column not in sample.sounds and len(sample.sounds) < MAX_AUDIO_COLUMNS:
            sample.sounds[column] = place
            return
        self._ledger.mark_item_skipped(key, Reason.NOT_USED, detail)

    def _item(self, key: str, sample: _Sample) -> Iterator[RawSample]:
        columns = self._reading.text_columns or default_columns(sample.values)
        label = self._reading.label_column or ("cls" if "cls" in sample.values else "")
        mapping = RowTexts(
            replace(self._reading, image_column="", text_columns=columns, label_column=label)
        )
        image = ImageRef(path=self._shard, part=sample.image) if sample.image >= 0 else None
        try:
            texts = mapping.texts(sample.values)
        except RowError as error:
            self._ledger.mark_item_skipped(key, error.reason, error.detail)
            return
        if image is None and not texts and not sample.sounds:
            detail = "it has neither an image nor a sound nor a text"
            self._ledger.mark_item_skipped(key, Reason.BAD_ROW, detail)
            return
        extras = self._extras | mapping.extras(sample.values)
        sounds = {
            name: AudioRef(path=self._shard, part=place) for name, place in sample.sounds.items()
        }
        yield RawSample(
            key=key, image=image, texts=tuple(texts), extras=extras, sounds=sounds or NOTHING
        )


def _files(stream: BinaryIO) -> Iterator[tarfile.TarInfo]:
    return filter(is_plain_file, read_headers(stream, errors="replace"))


def sample_name(member: str, *, at_last_dot: bool = False) -> tuple[str, str]:
    """Split a member's name at a dot: the sample, and which part of it this is."""
    folder, slash, name = member.removeprefix("./").rpartition("/")
    stem, _dot, part = name.rpartition(".") if at_last_dot else name.partition(".")
    return f"{folder}{slash}{stem}", part.lower()


def sound_column(part: str) -> str:
    """Return the column of a sound: ``speech`` of ``speech.wav``, ``audio`` of ``wav``."""
    name = part.rpartition(".")[0] if f".{part.rpartition('.')[2]}" in AUDIO_SUFFIXES else part
    return column_of(name) if name else AUDIO


def pairs_at_last_dot(names: Sequence[str]) -> bool:
    """Whether members make pairs when their names are split at the last dot, and only then."""

    def pairs(*, at_last_dot: bool) -> int:
        parts: dict[str, list[str]] = {}
        for name in names:
            sample, _part = sample_name(name, at_last_dot=at_last_dot)
            parts.setdefault(sample, []).append(name)
        members = list(parts.values())
        # One image, or else one sound, and at least one other member.
        media = ([n for n in p if is_image(n)] or [n for n in p if is_sound(n)] for p in members)
        return sum(len(p) > 1 and len(found) == 1 for p, found in zip(members, media, strict=True))

    return pairs(at_last_dot=True) > pairs(at_last_dot=False)


def _content_of(stream: BinaryIO, member: tarfile.TarInfo, part: str) -> str:
    """Say what a member holds, by its name or its first bytes; empty for what is not imported."""
    if is_image(member.name):
        return _IMAGE
    if is_sound(member.name):
        return _SOUND
    if part in (*TEXT_PARTS, _JSON):
        return _TEXT
    try:
        stream.seek(member.offset_data)
        head = stream.read(min(_HEAD_BYTES, member.size))
    except STREAM_ERRORS:
        return ""
    if starts_like_image(head):
        return _IMAGE
    if is_audio(head):
        return _SOUND
    try:
        # The head may end within a character.
        text = head.decode("utf-8", "strict" if len(head) == member.size else "ignore")
    except UnicodeDecodeError:
        return ""
    return _TEXT if "\0" not in text and member.size <= LIMITS.text_bytes else ""


def sample_columns(stream: BinaryIO, member: tarfile.TarInfo) -> tuple[str, ...]:
    """Return the columns that a member of a shard makes."""
    part = sample_name(member.name)[1]
    content = _content_of(stream, member, part)
    if content in (_IMAGE, _SOUND):
        return (_IMAGE,) if content == _IMAGE else (part,)
    try:
        return tuple(_values(stream, member, part, "")) if content == _TEXT else ()
    except RowError:
        return ()


def default_columns(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose the columns of a sample's text."""
    json_names = [f"{_JSON}.{name}" for name in TEXT_NAMES]
    order = (*TEXT_PARTS[:-1], *json_names, "cls")
    usual = next(((name,) for name in order if values.get(name)), ())
    if usual:
        return usual
    texts = (n for n, v in values.items() if isinstance(v, str) and is_language(v))
    return next(((name,) for name in texts), ())


def _values(stream: BinaryIO, member: tarfile.TarInfo, part: str, encoding: str) -> dict[str, Any]:
    """Read a text or the fields of a JSON object."""
    if member.size > LIMITS.text_bytes:
        raise RowError(Reason.TOO_LARGE, f"it has {member.size:,} bytes")
    try:
        text = decode_text(read_member(stream, member.offset), encoding).text
        fields = json.loads(text) if part == _JSON else None
    except tarfile.ReadError:
        raise
    except EntryError as error:
        raise RowError(Reason(error.reason), error.detail) from error
    except (ValueError, RecursionError) as error:
        raise RowError(Reason.BAD_ROW, f"it is no JSON: {str(error)[:200]}") from error
    if part != _JSON:
        return {part: text.strip()}
    if not isinstance(fields, dict):
        raise RowError(Reason.BAD_ROW, "it is no object")
    return {f"{_JSON}.{name}"[:200]: value for name, value in fields.items()}


_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


class WebDataset:
    """Samples in shards, as the library of that name writes them."""

    name = "webdataset"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a source with tars that hold images or sounds, going by the first of them."""
        shards = [e.path for e in listing.of(".tar") if archive.selected_entry in ("", e.path)]
        columns = next((found for s in shards[:2] if (found := _columns(archive, s))), ())
        if not columns:
            return None
        return Detection(
            reading=ImportSpec(format=self.name, table=archive.selected_entry),
            confidence=0.93 if len(columns) > 1 else 0.5,
            images=len(shards),
            columns=columns,
            tables=tuple(shards[:MAX_LISTED]),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the samples, shard by shard."""
        every = [entry.path for entry in listing.of(".tar")]
        shards = [path for path in every if _is_named(reading.table, path)]
        if not shards:
            message = f"names no shard of the source: {reading.table or '*.tar'}"
            raise ConfigError([Problem("reading.table", message)])
        for shard in shards:
            yield from ShardScan(archive, shard, reading, ledger).items()
        skip_leftovers(ledger, FileSet(listing, shards))

    def load(self, archive: Archive, image: ImageRef) -> bytes:
        """Read a member of a shard, an image or a sound, by its place."""
        try:
            with archive.open(image.path) as stream:
                return read_member(stream, image.part)
        except tarfile.ReadError as error:
            raise EntryError(image.path, Reason.DAMAGED, str(error)) from error
        except STREAM_ERRORS as error:
            raise EntryError(image.path, Reason.UNREADABLE, str(error)) from error


def _columns(archive: Archive, shard: str) -> tuple[str, ...]:
    """Look at a shard's first members; nothing if none is an image or a sound."""
    columns: dict[str, None] = {}
    has_media = False
    with suppress(EntryError, *STREAM_ERRORS), archive.open(shard) as stream:
        # One by one: those before a break count.
        for member in islice(_files(stream), _LOOKED_AT):
            has_media = has_media or is_sound(member.name)
            columns |= dict.fromkeys(sample_columns(stream, member))
    has_image = _IMAGE in columns
    others = tuple(name for name in columns if name != _IMAGE)
    return (*([_IMAGE] if has_image else ()), *others) if has_image or has_media else ()


def _is_named(pattern: str, path: str) -> bool:
    """Whether a shard's path fits a name with a range, such as ``train-{000..012}.tar``."""
    if pattern in ("", path):
        return True
    found = _RANGE.search(pattern)
    if not found:
        return False
    before, after = pattern[: found.start()], pattern[found.end() :]
    number = path[len(before) : len(path) - len(after)]
    is_framed = path.startswith(before) and path.endswith(after)
    if not (is_framed and number.isdecimal() and len(number) == len(found[1])):
        return False
    return int(found[1]) <= int(number) <= int(found[2])
