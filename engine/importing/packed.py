"""Compact collections, for sources of a million files.

A path in a list of objects and a dictionary takes about 300 bytes. These collections keep the bytes
of all entries one after another and create a Python object only while an entry is looked at. They
grow and are never cut.
"""

import marshal
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Numbers = npt.NDArray[np.int64]
_ERRORS = "surrogatepass"
"""Paths may hold bytes that could not be decoded."""


class Lazy(Sequence[T]):
    """Base of sequences whose entries are created when they are read."""

    def entry(self, number: int) -> T:
        """Return an entry by its number, which is 0 or more and in range."""
        raise NotImplementedError

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[T]: ...
    def __getitem__(self, number: int | slice) -> T | Sequence[T]:
        if isinstance(number, slice):
            return Picked(self, np.arange(*number.indices(len(self))))
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise IndexError(number)
        return self.entry(place)

    def __iter__(self) -> Iterator[T]:
        return map(self.entry, range(len(self)))


def _getter(source: Sequence[T]) -> Callable[[int], T]:
    """Return the quickest function that returns an entry by its number."""
    return source.entry if isinstance(source, Lazy) else source.__getitem__


class Picked(Lazy[T]):
    """Some entries of another sequence, in the order of their numbers.

    Args:
        source: holds the entries.
        numbers: [N], which entries.
    """

    def __init__(self, source: Sequence[T], numbers: npt.NDArray[np.integer[Any]]) -> None:
        self._source, self.numbers = source, numbers
        self._get = _getter(source)

    def entry(self, number: int) -> T:
        """Return an entry."""
        return self._get(int(self.numbers[number]))

    def __iter__(self) -> Iterator[T]:
        # A memoryview makes one number after another.
        return map(self._get, np.ascontiguousarray(self.numbers).data)

    def __len__(self) -> int:
        return len(self.numbers)


class Mapped(Lazy[T]):
    """Entries that a function makes of the entries of another sequence."""

    def __init__(self, make: Callable[[Any], T], source: Sequence[Any]) -> None:
        self._make, self._source, self._get = make, source, _getter(source)

    def entry(self, number: int) -> T:
        """Return an entry."""
        return self._make(self._get(number))

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._source)

    def __len__(self) -> int:
        return len(self._source)


class Chained(Lazy[T]):
    """The entries of several sequences, one after another."""

    def __init__(self, *sources: Sequence[T]) -> None:
        self._sources = sources

    def entry(self, number: int) -> T:
        """Return an entry."""
        for source in self._sources:
            if number < len(source):
                return source[number]
            number -= len(source)
        raise IndexError(number)

    def __iter__(self) -> Iterator[T]:
        return chain(*self._sources)

    def __len__(self) -> int:
        return sum(map(len, self._sources))


class _Packed(Lazy[T]):
    """Entries that are kept as bytes, one after another."""

    def __init__(self, entries: Iterable[T] = ()) -> None:
        self._content, self._ends = bytearray(), array("Q", [0])
        for entry in entries:
            self.append(entry)

    def append(self, entry: T) -> None:
        """Append an entry."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._ends) - 1


class Strings(_Packed[str]):
    """A list of strings."""

    def entry(self, number: int) -> str:
        """Return a string."""
        ends = self._ends
        return self._content[ends[number] : ends[number + 1]].decode("utf-8", _ERRORS)

    def append(self, entry: str) -> None:
        """Append a string."""
        content = self._content
        content += entry.encode("utf-8", _ERRORS)
        self._ends.append(len(content))


class Records(_Packed[Any]):
    """A list of plain values: tuples, lists, dictionaries, strings, numbers and None.

    Their form is that of ``marshal``: quick, and never written to a file.
    """

    def entry(self, number: int) -> Any:
        """Return a copy of a value."""
        ends = self._ends
        # Bytes that this process has made.
        return marshal.loads(self._content[ends[number] : ends[number + 1]])  # noqa: S302

    def append(self, entry: Any) -> None:
        """Append a value."""
        content = self._content
        content += marshal.dumps(entry, 2)
        self._ends.append(len(content))


_FEWEST_SLOTS = 64


class StringIndex:
    """Finds the number of a string in a sequence of different strings.

    Args:
        strings: may grow by what ``find_or_add`` did not find.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        self._entry = _getter(strings)
        self._hashes = array("q", map(hash, strings))
        self._slots, self._mask = array("I"), 0
        self._fill()

    def find(self, string: str) -> int:
        """Return the number of a string, -1 if it is not there."""
        return self._slots[self._place_of(string, hash(string))] - 1

    def find_or_add(self, string: str) -> int:
        """Return the number of a string; if it is not there, that of the next to be appended."""
        value = hash(string)
        place = self._place_of(string, value)
        if not self._slots[place]:
            self._hashes.append(value)
            self._slots[place] = len(self._hashes)
        return self._slots[place] - 1

    def _place_of(self, string: str, value: int) -> int:
        """Return the slot of a string, or the free one in which it would be."""
        slots, mask, hashes = self._slots, self._mask, self._hashes
        place = value & mask
        while number := slots[place]:
            if hashes[number - 1] == value and self._entry(number - 1) == string:
                break
            place = (place + 1) & mask
        return place

    def grow(self) -> None:
        """Make room, after a string was appended."""
        if 2 * len(self._hashes) >= self._mask:
            self._fill()

    def _fill(self) -> None:
        """Make room for twice as many, and enter all of them."""
        size = _FEWEST_SLOTS
        while size < 3 * len(self._hashes):
            size *= 2
        self._slots, self._mask = slots, mask = array("I", bytes(4 * size)), size - 1
        for number, value in enumerate(self._hashes, 1):
            place = value & mask
            while slots[place]:
                place = (place + 1) & mask
            slots[place] = number


class StringSet(Lazy[str]):
    """Different strings in the order in which they were added, each with its number."""

    def __init__(self, strings: Iterable[str] = ()) -> None:
        self._strings = Strings()
        self._index, self._count = StringIndex(self._strings), 0
        for string in strings:
            self.add(string)

    def add(self, string: str) -> int:
        """Add a string unless it is there; return its number."""
        number = self._index.find_or_add(string)
        if number == self._count:
            self._count += 1
            self._strings.append(string)
            self._index.grow()
        return number

    def find(self, string: str) -> int:
        """Return the number of a string, -1 if it is not there."""
        return self._index.find(string)

    def entry(self, number: int) -> str:
        """Return a string by its number."""
        return self._strings.entry(number)

    def __contains__(self, string: object) -> bool:
        return isinstance(string, str) and self._index.find(string) >= 0

    def __len__(self) -> int:
        return self._count


class Groups:
    """Numbers by key, as a dictionary of lists would hold them."""

    def __init__(self, pairs: Iterable[tuple[str, int]] = ()) -> None:
        self._keys, self._owners, self._numbers = StringSet(), array("I"), array("I")
        self._starts: npt.NDArray[np.int64] | None = None
        self._sorted: npt.NDArray[np.uint32] = np.empty(0, np.uint32)
        for key, number in pairs:
            self.add(key, number)

    def add(self, key: str, number: int) -> None:
        """Add a number to a key."""
        self._starts = None
        self._owners.append(self._keys.add(key))
        self._numbers.append(number)

    def get(self, key: str) -> Sequence[int]:
        """Return the numbers of a key, in the order in which they were added."""
        place = self._keys.find(key)
        if place < 0:
            return ()
        if self._starts is None:
            owners = np.array(self._owners)
            self._sorted = np.array(self._numbers)[np.argsort(owners, kind="stable")]
            counts = np.bincount(owners, minlength=len(self._keys))
            self._starts = np.append(0, np.cumsum(counts))
        found = self._sorted[self._starts[place] : self._starts[place + 1]]
        return found.tolist()
