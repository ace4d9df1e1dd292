"""The files of an archive: which may be used, which may not and why, each found by its path."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.accounts import Accounts, Reason
from engine.importing.entry_names import clean_path, is_hidden, is_safe, printable
from engine.importing.limits import Limits
from engine.importing.tree import Entry

_OPEN_ALL_THE_SAME = (None, Reason.HIDDEN, Reason.EMPTY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One file of an archive."""

    path: str
    """Its name; after ``Members.add``, as the tree gives it out."""
    size: int
    """Bytes, unpacked, as the archive claims."""
    place: int
    """Where it lies; what that means is the archive's affair."""
    reason: Reason | None = None
    """Why it is not given out."""
    detail: str = ""


class Members:
    """An archive's table of contents, in the archive's order. Read-only once it is built."""

    def __init__(self, source: Path, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._rows: dict[str, Member] = {}
        self._copies: Counter[str] = Counter()
        self._unpacked_bytes = 0

    def add(self, found: Member) -> None:
        """Take up one member under its own name, which may be anything.

        Raises:
            SourceUnreadableError: there are too many.
        """
        if len(self._rows) >= self._limits.entries:
            raise SourceUnreadableError(
                self._source, f"it holds more than {self._limits.entries:,} files"
            )
        path = clean_path(found.path)
        if path is None:
            self._put(
                replace(
                    found,
                    path=printable(found.path),
                    reason=Reason.UNSAFE_PATH,
                    detail="it is absolute or leads out of the archive",
                )
            )
        else:
            self._put(self._judged(replace(found, path=printable(path))))

    def entries(self, accounts: Accounts) -> Iterator[Entry]:
        """Give out what may be used, and account for the rest."""
        for member in self._rows.values():
            accounts.find()
            if member.reason is None:
                yield Entry(path=member.path, size=member.size)
            else:
                accounts.skip_file(member.path, member.reason, member.detail)

    def has(self, path: str) -> bool:
        """Whether ``find`` would find it."""
        member = self._rows.get(path)
        return member is not None and is_safe(path) and member.reason in _OPEN_ALL_THE_SAME

    def find(self, path: str) -> Member:
        """Look a file up that is to be opened.

        Raises:
            EntryError: it is not safe, not there, or was refused; says why.
        """
        if not is_safe(path):
            raise EntryError(path, Reason.UNSAFE_PATH, "it leads out of the archive")
        member = self._rows.get(path)
        if member is None:
            raise EntryError(path, Reason.UNREADABLE, "there is no such file in the archive")
        if member.reason not in _OPEN_ALL_THE_SAME:
            raise EntryError(path, str(member.reason), member.detail)
        return member

    def _judged(self, member: Member) -> Member:
        """Find what speaks against a member that the archive itself finds nothing wrong with."""
        if is_hidden(member.path):
            return replace(member, reason=Reason.HIDDEN, detail="")
        if member.reason is not None:
            return member
        if member.path.count("/") > self._limits.depth:
            return replace(member, reason=Reason.TOO_LARGE, detail="folders nest too deep")
        if member.size == 0:
            return replace(member, reason=Reason.EMPTY)
        self._unpacked_bytes += member.size
        if self._unpacked_bytes > self._limits.unpacked_bytes:
            detail = f"the archive unpacks to more than {self._limits.unpacked_bytes:,} bytes"
            return replace(member, reason=Reason.TOO_LARGE, detail=detail)
        return member

    def _put(self, member: Member) -> None:
        """Enter a member; the last of a name counts, as for every program that unpacks."""
        earlier = self._rows.pop(member.path, None)
        if earlier is not None:
            self._copies[member.path] += 1
            path = f"{member.path}#{self._copies[member.path]}"
            reason = earlier.reason or Reason.DAMAGED
            detail = earlier.detail or "the archive holds a later file of the same name"
            self._put(replace(earlier, path=path, reason=reason, detail=detail))
        self._rows[member.path] = member
