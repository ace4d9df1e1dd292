"""Makes items of the rows of one parquet file, without reading the images."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow.parquet as pq

from engine.errors import EntryError
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.column_names import GROUP_NAMES, SPLIT_NAMES, plain
from engine.importing.formats.format import Reading
from engine.importing.formats.gathering import Gathering
from engine.importing.formats.image_names import (
    ImageIndex,
    ImageNameError,
    folder_of,
    split_of_path,
    split_of_words,
    stem_of,
)
from engine.importing.formats.parquet_columns import (
    BYTES,
    MOST_COLUMNS,
    PATH,
    image_kinds,
    label_meanings,
    null_count,
    text_columns,
)
from engine.importing.formats.parquet_window import PARQUET_ERRORS, open_parquet
from engine.importing.formats.row_texts import RowError, RowTexts
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

_BATCH = 64


class ParquetScan:
    """One file on its way to items."""

    def __init__(self, tree: Tree, path: str, reading: Reading, accounts: Accounts) -> None:
        self._tree, self._path, self._reading = tree, path, reading
        self._accounts = accounts
        self._folders = (folder_of(path), "")
        split = split_of_path(path) or split_of_words(stem_of(path))
        self._split = {"split": split} if split else {}
        self._has_gaps = False
        self.has_names = False
        """Whether rows name image files, so that images beside the table are items too."""

    def items(self, index: ImageIndex, gathering: Gathering) -> Iterator[Candidate]:
        """Give out the rows' own items; captions of image files go to the gathering."""
        number = 0
        try:
            with self._tree.open(self._path) as stream:
                for number, row in enumerate(self._rows(open_parquet(stream)), 1):
                    yield from self._item(number, row, index, gathering)
                    if number >= LIMITS.entries:
                        raise ValueError(f"it has more than {LIMITS.entries:,} rows")
        except (EntryError, *PARQUET_ERRORS) as error:
            detail = f"the rows from here on cannot be read: {str(error)[:200]}"
            self._accounts.skip_item(f"{self._path}#{number + 1}", Reason.DAMAGED, detail)

    def _rows(self, file: pq.ParquetFile) -> Iterator[Mapping[str, Any]]:
        schema = file.schema_arrow
        image = self._reading.image_column
        self._kind = image_kinds(schema).get(image, PATH)
        self._column = schema.names.index(image)
        self.has_names = self.has_names or self._kind == PATH
        self._texts = RowTexts(self._reading, label_meanings(schema))
        known = text_columns(schema)
        wanted = {*self._reading.text_columns, self._reading.label_column}
        wanted |= {c for c in known if plain(c) in (*GROUP_NAMES, *SPLIT_NAMES)}
        columns = [c for c in known if c in wanted] + self._image_parts(file)
        if not columns:
            yield from ({} for _row in range(file.metadata.num_rows))
            return
        for batch in file.iter_batches(batch_size=_BATCH, columns=columns, use_threads=False):
            yield from batch.to_pylist()

    def _image_parts(self, file: pq.ParquetFile) -> list[str]:
        """Choose what has to be read of the images' column to know where each image is."""
        image = self._reading.image_column
        if self._kind == PATH:
            return [image]
        # Reading the bytes takes long, and is needed only where some rows have none.
        leaf = image if self._kind == BYTES else f"{image}.bytes"
        if not null_count(file, leaf):
            return []
        self._has_gaps = True
        return [image]

    def _item(
        self, number: int, row: Mapping[str, Any], index: ImageIndex, gathering: Gathering
    ) -> Iterator[Candidate]:
        key = f"{self._path}#{number}"
        try:
            texts = self._texts.texts(row)
            extras = self._split | self._texts.extras(row)
            image = self._image(number, row, index)
        except RowError as error:
            self._accounts.skip_item(key, error.reason, error.detail)
            return
        if image is not None and image.part < 0:
            self.has_names = True
            gathering.add(image.path, texts, extras, key)
        elif image is not None or texts:
            shared = gathering.share(extras)
            yield Candidate(key=key, image=image, texts=tuple(texts), extras=shared)
        else:
            detail = "it has neither an image that is there nor a text"
            self._accounts.skip_item(key, Reason.BAD_ROW, detail)

    def _image(self, number: int, row: Mapping[str, Any], index: ImageIndex) -> ImageRef | None:
        """Say where a row's image is; None if it has none."""
        value = row.get(self._reading.image_column)
        inside = ImageRef(path=self._path, part=(number - 1) * MOST_COLUMNS + self._column)
        if self._kind != PATH and (not self._has_gaps or _bytes_in(value)):
            return inside
        name = value.get("path") if isinstance(value, dict) else value
        if not isinstance(name, str) or not name:
            return None
        try:
            path = index.find(name, self._folders)
        except ImageNameError as error:
            raise RowError(Reason.BAD_ROW, f"{name[:200]}: {error}") from error
        return ImageRef(path=path) if path else None


def _bytes_in(value: object) -> bool:
    content = value.get("bytes") if isinstance(value, dict) else value
    return isinstance(content, bytes) and len(content) > 0
