"""A source of files that lies in memory."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from engine.errors import EntryError
from engine.importing.accounts import Accounts, Reason
from engine.importing.formats.format import Overview
from engine.importing.tree import Entry


class MemoryTree:
    """A ``Tree`` over contents by path, in the order given."""

    def __init__(self, files: Mapping[str, bytes], focus: str = "") -> None:
        self.files = dict(files)
        self.focus = focus
        self.source = Path("memory")
        self.opened: Counter[str] = Counter()
        """How often each file was opened or read."""

    def entries(self, accounts: Accounts) -> Iterator[Entry]:
        for path, content in self.files.items():
            accounts.find()
            if content:
                yield Entry(path=path, size=len(content))
            else:
                accounts.skip_file(path, Reason.EMPTY)

    def has(self, path: str) -> bool:
        return path in self.files

    def open(self, path: str) -> BinaryIO:
        self.opened[path] += 1
        if path not in self.files:
            raise EntryError(path, Reason.UNREADABLE, "it is not there")
        return io.BytesIO(self.files[path])

    def read(self, path: str, limit: int) -> bytes:
        with self.open(path) as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise EntryError(path, Reason.TOO_LARGE)
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def overview_of(tree: MemoryTree, accounts: Accounts) -> Overview:
    """Take the overview as the survey does."""
    entries = tuple(tree.entries(accounts))
    suffixes = Counter(PurePosixPath(entry.path).suffix.lower() for entry in entries)
    return Overview(entries=entries, suffixes=suffixes)
