"""Catches what a test logs at level WARNING or above, so that nothing goes wrong unnoticed."""

import logging


class ProblemLog(logging.Handler):
    """Keeps warnings and errors until a test says that it expected them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record; called from any thread."""
        self._records.append(record)

    @property
    def unexpected(self) -> list[str]:
        """One line for each record that no test expected."""
        return [f"{r.levelname} {r.name}: {r.getMessage()}" for r in self._records]

    def expect(self, text: str, *, logger: str = "") -> logging.LogRecord:
        """Take the oldest record that holds ``text``; fail when there is none.

        Args:
            text: part of the message.
            logger: name of the logger or of a parent of it; any by default.
        """
        for record in self._records:
            is_from = not logger or f"{record.name}.".startswith(f"{logger}.")
            if is_from and text in record.getMessage():
                self._records.remove(record)
                return record
        raise AssertionError(f"Nothing was logged that holds {text!r}: {self.unexpected}")
