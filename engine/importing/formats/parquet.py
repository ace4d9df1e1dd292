"""Parquet files, as Hugging Face keeps datasets: images as bytes, or by name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.errors import ConfigError, EntryError, Problem
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.columns import Guess, guess_columns
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.gathering import Gathering
from engine.importing.formats.image_names import ImageIndex, folder_of
from engine.importing.formats.mapping import check_columns, complete
from engine.importing.formats.parquet_columns import (
    MOST_COLUMNS,
    PATH,
    image_kinds,
    text_columns,
)
from engine.importing.formats.parquet_scan import ParquetScan
from engine.importing.formats.parquet_window import (
    PARQUET_ERRORS,
    ParquetWindow,
    open_parquet,
)
from engine.importing.formats.recent import Recent
from engine.importing.formats.rest import offer_rest, skip_rest
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

MOST_LISTED = 50
_LOOKED_AT = 50
_MOST_COUNTED = 20
_USUAL = ("image", "img", "picture", "photo", "bytes", "image_bytes", "jpg", "png")
_RECENT: Recent[ParquetWindow] = Recent(most=3)


class Parquet:
    """Tables in columns."""

    name = "parquet"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read parquet files with images, going by the first of them."""
        tables = [e.path for e in overview.of(".parquet") if tree.focus in ("", e.path)]
        index = ImageIndex(overview)
        looks = [(path, _look(tree, path, index)) for path in tables[:3]]
        path, guess = next(((p, g) for p, g in looks if g and g.image), ("", None))
        if guess is None:
            return None
        return Proposal(
            reading=Reading(
                format=self.name,
                table=path if len(tables) == 1 else "",
                image_column=guess.image,
                text_columns=guess.texts,
                label_column=guess.label,
            ),
            confidence=0.94 if guess.matched >= 0.5 else 0.3,
            images=_rows(tree, tables),
            columns=guess.columns,
            tables=tuple(tables[:MOST_LISTED]),
        )

    def scan(
        self, tree: Tree, overview: Overview, reading: Reading, accounts: Accounts
    ) -> Iterator[Candidate]:
        """Find the items, file by file; one that cannot be read is skipped."""
        every = [entry.path for entry in overview.of(".parquet")]
        tables = [path for path in every if reading.table in ("", path)]
        if not tables:
            message = f"names no file of the source: {reading.table or '*.parquet'}"
            raise ConfigError([Problem("reading.table", message)])
        index, gathering = ImageIndex(overview), Gathering(accounts)
        has_loose = False
        for path in tables:
            guess = _look(tree, path, index)
            if guess is None:
                accounts.skip_file(path, Reason.DAMAGED, "it is no parquet file that can be read")
                continue
            accounts.use(path)
            scan = ParquetScan(tree, path, _mapping(reading, guess, path), accounts)
            yield from scan.items(index, gathering)
            has_loose = has_loose or scan.has_names
        yield from gathering.candidates()
        done = {*tables, *gathering.paths}
        if has_loose:
            yield from offer_rest(overview, accounts, done)
        else:
            skip_rest(overview, accounts, done)

    def load(self, tree: Tree, image: ImageRef) -> bytes:
        """Read an image's file, or the bytes in its row."""
        if image.part < 0:
            return tree.read(image.path, LIMITS.file_bytes)
        row, column = divmod(image.part, MOST_COLUMNS)
        window = _RECENT.get(
            tree, f"{image.path}#{column}", lambda: ParquetWindow(tree, image.path, column)
        )
        content = window.read(row)
        if len(content) > LIMITS.file_bytes:
            raise EntryError(image.path, Reason.TOO_LARGE, f"row {row + 1} is too large")
        return content


def _look(tree: Tree, path: str, index: ImageIndex) -> Guess | None:
    """Look at a file's schema and first rows; None if it cannot be read."""
    try:
        with tree.open(path) as stream:
            file = open_parquet(stream)
            schema = file.schema_arrow
            kinds = image_kinds(schema)
            texts = text_columns(schema)[:MOST_COLUMNS]
            batches = file.iter_batches(batch_size=_LOOKED_AT, columns=texts, use_threads=False)
            batch = next(batches, None)
            rows = batch.to_pylist() if batch is not None and texts else []
    except (EntryError, *PARQUET_ERRORS):
        return None
    guess = guess_columns(rows, index, (folder_of(path), ""))
    inside = [column for column, kind in kinds.items() if kind != PATH]
    columns = tuple(dict.fromkeys([*inside, *texts]))
    if not inside:
        return replace(guess, columns=columns)
    usual = [column for column in inside if column.lower() in _USUAL]
    return replace(guess, image=(usual or inside)[0], columns=columns, matched=1.0)


def _mapping(reading: Reading, guess: Guess, path: str) -> Reading:
    check_columns(reading, guess.columns, path)
    whole = complete(reading, guess)
    if not whole.image_column:
        message = "is not given, and no column holds images"
        raise ConfigError([Problem("reading.image_column", message)])
    return whole


def _rows(tree: Tree, tables: Sequence[str]) -> int:
    """Count the rows of all files; of many, as if each had as many as the first few."""
    counts: list[int] = []
    for path in tables[:_MOST_COUNTED]:
        try:
            with tree.open(path) as stream:
                counts.append(open_parquet(stream).metadata.num_rows)
        except (EntryError, *PARQUET_ERRORS):
            counts.append(0)
    return sum(counts) * len(tables) // max(len(counts), 1)
