"""Panels that are built when they are first seen or needed, which lets the window open sooner."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QWidget

PanelT = TypeVar("PanelT", bound=QWidget)


class LatePanel(Generic[PanelT]):
    """A panel and how to build it.

    Its dock builds it when it is shown. State that arrives earlier is kept by its sender and
    handed over with ``when_built``.

    Args:
        build: creates the panel; called once at most.
    """

    def __init__(self, build: Callable[[], PanelT]) -> None:
        self._build = build
        self._waiting: list[Callable[[PanelT], object]] = []
        self.built: PanelT | None = None
        """The panel; None until it is first needed."""

    @property
    def panel(self) -> PanelT:
        """The panel; it is built now if it has not been."""
        if self.built is None:
            self.built = panel = self._build()
            waiting, self._waiting = self._waiting, []
            for use in waiting:
                use(panel)
        return self.built

    def when_built(self, use: Callable[[PanelT], object]) -> None:
        """Call a function with the panel as soon as it exists, which may be now."""
        if self.built is None:
            self._waiting.append(use)
        else:
            use(self.built)
