"""Tells an import's events on a terminal."""

from engine.cli.progress import RenewedLine
from engine.events import ImportEnded, ImportEvent, ImportProgressed, ImportStage, Outcome

WIDTH = 24
"""Characters of the bar."""

_STAGES = {
    ImportStage.LISTING: "Listing",
    ImportStage.SCANNING: "Scanning",
    ImportStage.DECODING: "Decoding",
    ImportStage.EXAMINING: "Examining",
    ImportStage.WRITING: "Writing",
}


class ImportTeller:
    """Prints an import with a bar. Keeps its end."""

    def __init__(self) -> None:
        self.ended: ImportEnded | None = None
        self._line = RenewedLine()

    def __call__(self, event: ImportEvent) -> None:
        """Print one event."""
        match event:
            case ImportProgressed():
                self._line.renew(_progress_line(event))
            case ImportEnded():
                self.ended = event
                self._line.say(_end_line(event))

    def raise_failure(self) -> None:
        """Raise what ended the import, if something did; a stop counts as an interruption."""
        if self.ended is None:
            return
        if self.ended.outcome is Outcome.STOPPED:
            raise KeyboardInterrupt
        if self.ended.error is not None:
            raise self.ended.error


def _progress_line(event: ImportProgressed) -> str:
    stage = f"{_STAGES[event.stage]:<9}"
    if not event.total:
        return f"{stage} {event.done:>9,}"
    filled = WIDTH * event.done // event.total
    bar = "#" * filled + "." * (WIDTH - filled)
    rate = f" | {event.items_per_s:,.0f} a second" if event.items_per_s else ""
    return f"{stage} [{bar}] {event.done:>9,} of {event.total:,}{rate}"


def _end_line(event: ImportEnded) -> str:
    match event.outcome:
        case Outcome.FINISHED:
            more = f"; of files and items {event.skipped:,} are not:" if event.skipped else "."
            return f"Imported {event.imported:,} items{more}"
        case Outcome.STOPPED:
            return "Import stopped. Nothing is lost: the same command goes on from here."
        case Outcome.FAILED:
            return "Import failed."
