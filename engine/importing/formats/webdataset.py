"""WebDataset shards: tars whose members of one name make a sample."""

import re
from collections.abc import Iterator
from itertools import islice

from engine.errors import ConfigError, EntryError, Problem
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.image_names import is_image
from engine.importing.formats.rest import skip_rest
from engine.importing.formats.shard import ShardScan, sample_columns
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.formats.tar_members import Member, TarBrokenError, members, read_member
from engine.importing.tree import Tree

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_LOOKED_AT = 60
MOST_LISTED = 50


class WebDataset:
    """Samples in shards, as the library of that name writes them."""

    name = "webdataset"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read a source with tars that hold images, going by the first of them."""
        shards = [e.path for e in overview.of(".tar") if tree.focus in ("", e.path)]
        columns = next((found for s in shards[:2] if (found := _columns(tree, s))), ())
        if not columns:
            return None
        return Proposal(
            reading=Reading(format=self.name, table=tree.focus),
            confidence=0.93 if len(columns) > 1 else 0.5,
            images=len(shards),
            columns=columns,
            tables=tuple(shards[:MOST_LISTED]),
        )

    def scan(
        self, tree: Tree, overview: Overview, reading: Reading, accounts: Accounts
    ) -> Iterator[Candidate]:
        """Find the samples, shard by shard."""
        every = [entry.path for entry in overview.of(".tar")]
        shards = [path for path in every if _is_named(reading.table, path)]
        if not shards:
            message = f"names no shard of the source: {reading.table or '*.tar'}"
            raise ConfigError([Problem("reading.table", message)])
        for shard in shards:
            yield from ShardScan(tree, shard, reading, accounts).items()
        skip_rest(overview, accounts, set(shards))

    def load(self, tree: Tree, image: ImageRef) -> bytes:
        """Read a member of a shard by its place."""
        try:
            with tree.open(image.path) as stream:
                return read_member(stream, image.part)
        except TarBrokenError as error:
            raise EntryError(image.path, Reason.DAMAGED, str(error)) from error
        except STREAM_ERRORS as error:
            raise EntryError(image.path, Reason.UNREADABLE, str(error)) from error


def _columns(tree: Tree, shard: str) -> tuple[str, ...]:
    """Look at a shard's first members; nothing if none is an image."""
    found: list[Member] = []
    columns: tuple[str, ...] = ()
    try:
        with tree.open(shard) as stream:
            # One by one: those before a break count.
            for member in islice(members(stream), _LOOKED_AT):
                found.append(member)
                columns = tuple(dict.fromkeys([*columns, *sample_columns(stream, [member])]))
    except (EntryError, *STREAM_ERRORS):
        pass
    return ("image", *columns) if any(is_image(member.name) for member in found) else ()


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
