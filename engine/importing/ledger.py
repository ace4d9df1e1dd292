"""The ledger of an import: what became of every file and every sample, with reasons.

For every import: files found = files used + files skipped, and items found = items imported + items
skipped. ``FileLedger`` holds the skipped ones with their reasons.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


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


class FileLedger:
    """What became of every file of a source, and of every item."""

    def __init__(self) -> None:
        self.files_found = 0
        self.encodings: Counter[str] = Counter()
        """How many files, or tables, were read in each encoding."""
        self._used: set[str] = set()
        self._skipped_files: dict[str, SkipRecord] = {}
        self._skipped_items: dict[str, SkipRecord] = {}
        self._skipped_members: dict[str, SkipRecord] = {}

    def copy(self) -> "FileLedger":
        """Return an independent copy."""
        other = FileLedger()
        other.files_found = self.files_found
        other.encodings = self.encodings.copy()
        other._used = set(self._used)
        other._skipped_files = dict(self._skipped_files)
        other._skipped_items = dict(self._skipped_items)
        other._skipped_members = dict(self._skipped_members)
        return other

    def add(self, count: int = 1) -> None:
        """Count files found in the source."""
        self.files_found += count

    def mark_used(self, path: str) -> None:
        """Record a file that gives an image or a text; may be called more than once for a file."""
        self._used.add(path)
        self._skipped_files.pop(path, None)

    def mark_skipped(self, path: str, reason: Reason, detail: str = "") -> None:
        """Record a file that gives nothing, unless it is used or has a reason already."""
        if path not in self._used:
            self._skipped_files.setdefault(
                path, SkipRecord(path=path, reason=reason, detail=detail)
            )

    def mark_rejected(self, path: str, reason: Reason, detail: str = "") -> None:
        """Skip a file that was marked as used, for example because its image cannot be decoded."""
        if path in self._used:
            self._used.discard(path)
            self.mark_skipped(path, reason, detail)

    def mark_item_skipped(self, key: str, reason: Reason, detail: str = "") -> None:
        """Record an item that is not imported, unless it has a reason already."""
        self._skipped_items.setdefault(key, SkipRecord(path=key, reason=reason, detail=detail))

    def mark_member_skipped(self, path: str, reason: Reason, detail: str = "") -> None:
        """Record a sound or a further picture that its item does without.

        Args:
            path: of its file, which is skipped, or name of a part of a file that is still used.
            reason: why it cannot be used.
            detail: in English.
        """
        if path in self._used:
            self.mark_rejected(path, reason, detail)
        else:
            self._skipped_members.setdefault(
                path, SkipRecord(path=path, reason=reason, detail=detail)
            )

    @property
    def files_used(self) -> int:
        """Files that gave an image or a text."""
        return len(self._used)

    def skipped_files(self) -> Iterator[SkipRecord]:
        """Files that gave nothing, in the order in which they were skipped."""
        return iter(self._skipped_files.values())

    def skip_counts(self) -> dict[Reason, int]:
        """Count what is skipped by reason, most frequent first; a file and its item count once."""
        records = {**self._skipped_members, **self._skipped_files, **self._skipped_items}
        counts = Counter(record.reason for record in records.values())
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def skipped_members(self) -> Iterator[SkipRecord]:
        """Sounds within files that are used, which their items do without."""
        return iter(self._skipped_members.values())

    def skipped_items(self) -> Iterator[SkipRecord]:
        """Items that are not imported, in the order in which they were skipped."""
        return iter(self._skipped_items.values())
