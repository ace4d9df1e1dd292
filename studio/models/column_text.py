"""Words for the columns of a dataset and for their kinds."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QLocale

from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT


def kind_text(kind: str) -> str:
    """Return the name of a kind of column in the user's language."""
    translate = QCoreApplication.translate
    return {
        IMAGE: translate("ColumnText", "image"),
        TEXT: translate("ColumnText", "text"),
        AUDIO: translate("ColumnText", "sound"),
        TABLE: translate("ColumnText", "table row"),
    }.get(kind, kind)


def columns_text(kinds: Iterable[str]) -> str:
    """Return what an item consists of, such as ``image, text and sound``."""
    return QLocale().createSeparatedList([kind_text(kind) for kind in kinds])


def column_label(name: str, kind: str) -> str:
    """Return the label of a column: its name, and its kind if the name does not say it."""
    words = kind_text(kind)
    return words if name == kind else f"{name} ({words})"
