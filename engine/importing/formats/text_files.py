"""Reads the small text files of a source, which share an encoding."""

from collections.abc import Sequence

from engine.errors import EntryError
from engine.importing.accounts import Accounts, Reason
from engine.importing.formats.streams import STREAM_ERRORS, checked_encoding
from engine.importing.limits import LIMITS
from engine.importing.text_reading import decode_text, detect_encoding
from engine.importing.tree import Tree

_SAMPLES = 300


class TextFiles:
    """Text files that are read in one encoding.

    Args:
        tree: the source.
        paths: of all of them; some are looked at to find the encoding.
        encoding: what the user says; empty detects it.

    Raises:
        ConfigError: there is no such encoding.
    """

    def __init__(self, tree: Tree, paths: Sequence[str], encoding: str) -> None:
        self._tree = tree
        self._encoding = checked_encoding(encoding) or self._detected(paths)

    def read(self, path: str, accounts: Accounts) -> str:
        """Give a file's text, or skip the file and give nothing.

        A user of the text has to call ``accounts.use``.
        """
        try:
            content = self._tree.read(path, LIMITS.text_bytes)
            decoded = decode_text(content, self._encoding)
        except EntryError as error:
            accounts.skip_file(path, Reason(error.reason), error.detail)
            return ""
        except STREAM_ERRORS as error:
            accounts.skip_file(path, Reason.UNREADABLE, str(error))
            return ""
        text = decoded.text.strip()
        if text:
            accounts.encodings[decoded.encoding] += 1
        else:
            accounts.skip_file(path, Reason.EMPTY)
        return text

    def _detected(self, paths: Sequence[str]) -> str:
        samples: list[bytes] = []
        # Spread over the whole source: one folder may be in a language of its own.
        for path in paths[:: max(len(paths) // _SAMPLES, 1)][:_SAMPLES]:
            try:
                samples.append(self._tree.read(path, LIMITS.text_bytes))
            except (EntryError, *STREAM_ERRORS):
                continue
        return detect_encoding([sample for sample in samples if not sample.isascii()])
