"""The ledger of an import: what became of every file and every sample, with reasons.

For every import: files found = files used + files skipped, and items found = items imported + items
skipped. ``FileLedger`` holds the skipped ones with their reasons.
"""

import copy
import itertools
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.importing.packed import Lazy, StringSet


class Reason(StrEnum):
    """Why a file or item is not imported."""

    HIDDEN = "hidden"
    """The system's own file, such as ``Thumbs.db`` or ``._x.jpg``."""
    EMPTY = "empty"
    """No bytes at all, or a text of nothing but spaces."""
    NOT_USED = "not_used"
    """Neither image, text nor sound to this format, such as a read-me."""
    NOT_AN_IMAGE = "not_an_image"
    """Named like an image, but its content is none."""
    NOT_AUDIO = "not_audio"
    """Named like a sound, but its content is none."""
    SILENT = "silent"
    """A sound without a sound in it."""
    UNSUPPORTED = "unsupported"
    """An image or sound of a kind that cannot be read, such as HEIC."""
    TRUNCATED = "truncated"
    """The file ends before the image or the sound does."""
    DAMAGED = "damaged"
    """The content contradicts itself."""
    TOO_LARGE = "too_large"
    """More pixels or bytes than ``Limits`` allow."""
    UNREADABLE = "unreadable"
    """The system refuses to read it."""
    LOCKED = "locked"
    """Encrypted with a password."""
    UNSAFE_PATH = "unsafe_path"
    """Absolute, or leading out of the source."""
    LINK = "link"
    """A link in an archive, or one that leads out of the folder or around in circles."""
    SPECIAL_FILE = "special_file"
    """A device, socket or pipe."""
    WEB_ADDRESS = "web_address"
    """A line of a table whose image is a web address."""
    BAD_ROW = "bad_row"
    """A line of a table that does not have what the mapping names."""
    NOT_LANGUAGE = "not_language"
    """A text file of numbers, identifiers or code, such as boxes or settings."""
    BAD_ENCODING = "bad_encoding"
    """Bytes that are no text in any encoding known."""
    NO_TEXT = "no_text"
    """An image without a text, where image-only items are not kept."""
    NO_IMAGE = "no_image"
    """A text without an image, where text-only items are not kept."""
    SAME_IMAGE = "same_image"
    """The same pixels as another item, and one is to be kept."""
    SIMILAR_IMAGE = "similar_image"
    TINY_IMAGE = "tiny_image"
    EXTREME_RATIO = "extreme_ratio"
    REPEATED_TEXT = "repeated_text"
    LONG_TEXT = "long_text"
    MOJIBAKE = "mojibake"
    CLIPPED_SOUND = "clipped_sound"
    LONG_SOUND = "long_sound"
    SAME_SOUND = "same_sound"
    LEAK = "leak"
    """For validation, and almost the same as an item to train on."""
    EXCLUDED = "excluded"
    """Excluded by the user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SkipRecord:
    """One file or item that is not imported."""

    path: str
    """As the source names it: ``a/b.jpg``, or ``captions.csv#12`` for the twelfth row of data."""
    reason: Reason
    detail: str = ""
    """Details in English, such as the message of the decoder."""


_REASONS = tuple(Reason)
_NUMBERS = {reason: number for number, reason in enumerate(_REASONS)}
_GONE = 255


class SkipTable(Lazy[SkipRecord]):
    """What is skipped, with one reason for each path, in the order in which it was skipped."""

    def __init__(self) -> None:
        self._paths, self._reasons = StringSet(), bytearray()
        self._details, self._detail_numbers = StringSet(), array("I")
        self._gone = 0

    def add(self, path: str, reason: Reason, detail: str) -> None:
        """Add a path, unless it has a reason already."""
        number = self._paths.add(path)
        if number < len(self._reasons):
            if self._reasons[number] == _GONE:
                self._gone -= 1
                self._reasons[number] = _NUMBERS[reason]
                self._detail_numbers[number] = self._details.add(detail)
            return
        self._reasons.append(_NUMBERS[reason])
        self._detail_numbers.append(self._details.add(detail))

    def remove(self, path: str) -> None:
        """Remove a path, if it is there."""
        number = self._paths.find(path) if self._reasons else -1
        if number >= 0 and self._reasons[number] != _GONE:
            self._reasons[number] = _GONE
            self._gone += 1

    def entry(self, number: int) -> SkipRecord:
        """Return a record by its number among those that were not removed."""
        if self._gone:
            left = (n for n, reason in enumerate(self._reasons) if reason != _GONE)
            number = next(itertools.islice(left, number, None))
        return self._record(number)

    def counts(self, overridden_by: "Sequence[SkipTable]" = ()) -> Counter[Reason]:
        """Count the records by reason, without the paths that are in one of the other tables."""
        others = [other for other in overridden_by if len(other)]
        if not others:
            counts = Counter(self._reasons)
            counts.pop(_GONE, None)
            return Counter({_REASONS[number]: count for number, count in counts.items()})
        return Counter(one.reason for one in self if not any(one.path in t for t in others))

    def _record(self, number: int) -> SkipRecord:
        return SkipRecord(
            path=self._paths.entry(number),
            reason=_REASONS[self._reasons[number]],
            detail=self._details.entry(self._detail_numbers[number]),
        )

    def __contains__(self, path: object) -> bool:
        """Whether a path is skipped."""
        number = self._paths.find(path) if isinstance(path, str) else -1
        return number >= 0 and self._reasons[number] != _GONE

    def __iter__(self) -> Iterator[SkipRecord]:
        return (self._record(n) for n, reason in enumerate(self._reasons) if reason != _GONE)

    def __len__(self) -> int:
        return len(self._reasons) - self._gone


class FileLedger:
    """What became of every file of a source, and of every item."""

    def __init__(self) -> None:
        self.files_found = 0
        self.encodings: Counter[str] = Counter()
        """How many files, or tables, were read in each encoding."""
        self._used, self._is_used, self._used_count = StringSet(), bytearray(), 0
        self._files, self._items, self._members = SkipTable(), SkipTable(), SkipTable()

    def copy(self) -> "FileLedger":
        """Return an independent copy."""
        return copy.deepcopy(self)

    def add(self, count: int = 1) -> None:
        """Count files found in the source."""
        self.files_found += count

    def mark_used(self, path: str) -> None:
        """Record a file that gives an image or a text; may be called more than once for a file."""
        number = self._used.add(path)
        if number == len(self._is_used):
            self._is_used.append(False)
        if not self._is_used[number]:
            self._is_used[number] = True
            self._used_count += 1
            self._files.remove(path)

    def mark_skipped(self, path: str, reason: Reason, detail: str = "") -> None:
        """Record a file that gives nothing, unless it is used or has a reason already."""
        if self._used_number(path) < 0:
            self._files.add(path, reason, detail)

    def mark_rejected(self, path: str, reason: Reason, detail: str = "") -> None:
        """Skip a file that was marked as used, for example because its image cannot be decoded."""
        number = self._used_number(path)
        if number >= 0:
            self._is_used[number] = False
            self._used_count -= 1
            self._files.add(path, reason, detail)

    def mark_item_skipped(self, key: str, reason: Reason, detail: str = "") -> None:
        """Record an item that is not imported, unless it has a reason already."""
        self._items.add(key, reason, detail)

    def mark_member_skipped(self, path: str, reason: Reason, detail: str = "") -> None:
        """Record a sound or a further picture that its item does without.

        Args:
            path: of its file, which is skipped, or name of a part of a file that is still used.
            reason: why it cannot be used.
            detail: in English.
        """
        if self._used_number(path) >= 0:
            self.mark_rejected(path, reason, detail)
        else:
            self._members.add(path, reason, detail)

    @property
    def files_used(self) -> int:
        """Files that gave an image or a text."""
        return self._used_count

    def skipped_files(self) -> SkipTable:
        """Files that gave nothing, in the order in which they were skipped."""
        return self._files

    def skip_counts(self) -> dict[Reason, int]:
        """Count what is skipped by reason, most frequent first; a file and its item count once."""
        counts = self._items.counts()
        counts += self._files.counts((self._items,))
        counts += self._members.counts((self._items, self._files))
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def skipped_members(self) -> SkipTable:
        """Sounds within files that are used, which their items do without."""
        return self._members

    def skipped_items(self) -> SkipTable:
        """Items that are not imported, in the order in which they were skipped."""
        return self._items

    def _used_number(self, path: str) -> int:
        """Return the number of a file that is used, else -1."""
        number = self._used.find(path)
        return number if number >= 0 and self._is_used[number] else -1
