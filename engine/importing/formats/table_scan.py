"""Makes items of the rows of one table."""

from collections.abc import Iterator, Sequence

from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.embedded_bytes import is_embedded, place_in
from engine.importing.formats.format import Reading
from engine.importing.formats.gathering import Gathering
from engine.importing.formats.image_names import (
    ImageIndex,
    ImageNameError,
    folder_of,
    split_of_path,
)
from engine.importing.formats.row_texts import RowError, RowTexts
from engine.importing.formats.table_rows import Layout, Row, rows_of
from engine.importing.tree import Tree


class TableScan:
    """One table on its way to items."""

    def __init__(
        self,
        tree: Tree,
        layout: Layout,
        reading: Reading,
        index: ImageIndex,
        gathering: Gathering,
        accounts: Accounts,
    ) -> None:
        self._tree, self._layout, self._index = tree, layout, index
        self._gathering, self._accounts = gathering, accounts
        self._column = reading.image_column
        self._also: Sequence[str] = ()
        self._mapping = RowTexts(reading)
        self._folders = (folder_of(layout.path), "")
        self._split = split_of_path(layout.path)

    def items(self, also: Sequence[str] = ()) -> Iterator[Candidate]:
        """Give out the table's own items; what belongs to an image file goes to the gathering.

        Args:
            also: columns that the extras keep.

        Raises:
            SourceUnreadableError: the table cannot be read, or no further.
        """
        self._also = also
        for row in rows_of(self._tree, self._layout):
            key = f"{self._layout.path}#{row.number}"
            try:
                candidate = self._item(key, row)
            except RowError as error:
                self._accounts.skip_item(key, error.reason, error.detail)
            else:
                if candidate:
                    yield candidate

    def _item(self, key: str, row: Row) -> Candidate | None:
        """Make an item of a row, or give its captions to its image."""
        if row.problem:
            raise RowError(Reason.BAD_ROW, row.problem)
        name = row.values.get(self._column)
        texts, extras = self._mapping.texts(row.values), self._extras(row)
        if isinstance(name, str) and is_embedded(name):
            return self._embedded(key, row, name, tuple(texts), extras)
        path = self._path(name)
        if path:
            self._gathering.add(path, texts, extras, key)
            return None
        if not texts:
            raise RowError(Reason.BAD_ROW, "it has neither an image that is there nor a text")
        missing = {"missing_image": str(name)[:1_000]} if name else {}
        shared = self._gathering.share(extras | missing)
        return Candidate(key=key, image=None, texts=tuple(texts), extras=shared)

    def _path(self, name: object) -> str | None:
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if name is None or name == "":
            return None
        if not isinstance(name, str):
            raise RowError(Reason.BAD_ROW, f"'{self._column}' holds no name of a file")
        try:
            return self._index.find(name, self._folders)
        except ImageNameError as error:
            raise RowError(Reason.BAD_ROW, f"{name[:200]}: {error}") from error

    def _embedded(
        self, key: str, row: Row, value: str, texts: tuple[str, ...], extras: dict[str, str]
    ) -> Candidate:
        place = place_in(row.raw, value, self._layout.encoding) if row.offset >= 0 else None
        if place is None:
            raise RowError(Reason.BAD_ROW, "its image is no base64 that can be read in place")
        image = ImageRef(path=self._layout.path, part=row.offset + place)
        return Candidate(key=key, image=image, texts=texts, extras=self._gathering.share(extras))

    def _extras(self, row: Row) -> dict[str, str]:
        split = {"split": self._split} if self._split else {}
        return split | self._mapping.extras(row.values, self._also)
