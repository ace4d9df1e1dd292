"""Properties that the style sheet looks at."""

from PySide6.QtWidgets import QWidget


def set_look(widget: QWidget, name: str, value: str | bool) -> None:  # noqa: FBT001 - a property
    """Set one, such as ``role`` or ``invalid``, and have the widget drawn by its new rules."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    # Rules that look at a property are only read again when asked.
    widget.style().unpolish(widget)
    widget.style().polish(widget)
