"""Page of the run settings dialog where the settings of a running run are changed."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeySequence, QUndoStack
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.config.run import RunConfig
from engine.events import SettingsChanged
from studio.i18n import translate_engine
from studio.models.live_settings import LiveForm
from studio.models.run_form import FormField
from studio.models.run_settings import group_titles
from studio.models.run_state import count_text
from studio.models.setting_text import choice_text, tooltip_text, unit_text, value_text
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField, TextField
from studio.widgets.labels import fill, plain_label, scrolling, set_look, spaced

_LABEL_WIDTH = 175


class LiveSettingsPage(QWidget):
    """Fields of the settings that may change while a run trains, with *Apply*, undo and redo."""

    changes_requested = Signal(object)
    """Emitted with the new values by dotted name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form: LiveForm | None = None
        self._images_seen = 0
        self._is_paused = False
        self.fields: dict[str, TextField | ChoiceField] = {}
        """By dotted name."""
        self._labels: dict[str, QLabel] = {}
        self._when = plain_label(role="muted")
        self._result = plain_label()
        self.apply = push_button(self.tr("Apply"), self._apply, role="primary", auto_default=False)
        self.reset = push_button(
            self.tr("Discard edits"),
            self._reset,
            tip=self.tr("Show the values in effect again"),
            auto_default=False,
        )
        self.undo, self.redo = (
            push_button(text, icon_name=name, tip=text, auto_default=False)
            for text, name in ((self.tr("Undo"), "undo"), (self.tr("Redo"), "redo"))
        )
        self._content = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        buttons = fill(
            spaced(QHBoxLayout(), SPACING), self.undo, self.redo, 1, self.reset, self.apply
        )
        self._scroll = scrolling(QWidget())
        fill(self._content, (self._scroll, 1), self._result, self._when, buttons)

    def show_run(self, config: RunConfig, images_seen: int) -> None:
        """Show the fields of a run with the values in effect.

        Args:
            config: of the run.
            images_seen: so far.
        """
        self._form, self._images_seen = LiveForm(config, images_seen), images_seen
        self._make_rows(self._form)
        self._say("")

    def show_images(self, images_seen: int, *, is_paused: bool) -> None:
        """Set from where a change would count.

        Args:
            images_seen: as last reported.
            is_paused: whether the run does not move on from there.
        """
        self._images_seen, self._is_paused = images_seen, is_paused
        self._show_when()

    def in_effect(self, name: str) -> Any:
        """Return the value of a setting that is in effect."""
        return self._form.in_effect[name] if self._form is not None else None

    def show_changed(self, event: SettingsChanged, text: str) -> None:
        """Show a change that has taken effect; ``text`` says what has changed."""
        if self._form is None:
            return
        self._form.follow(event)
        self._say(self.tr("{0}, from {1} images on.").format(text, count_text(event.images_seen)))

    def show_refused(self, reason: str) -> None:
        """Show why requested changes were not made."""
        self._say(reason, is_problem=True)

    @Slot()
    def refresh(self) -> None:
        """Update values, problems and buttons from the form."""
        form = self._form
        if form is None:
            return
        problems = form.problems()
        for name, field in self.fields.items():
            field.set_text(form.text(name))
            field.set_problem(problems.get(name, ""))
            set_look(self._labels[name], "modified", form.is_edited(name))
        others = [message for name, message in problems.items() if name not in self.fields]
        is_edited = bool(form.values()) or bool(problems)
        self.apply.setEnabled(is_edited and not problems)
        self.reset.setEnabled(is_edited)
        self.apply.setToolTip(
            "\n".join(others) or self.tr("Use these values from the next step on")
        )
        self._show_when()

    def use_stack(self, stack: QUndoStack) -> None:
        """Connect the buttons to the stack of the changes that were applied."""
        keys = QKeySequence.StandardKey
        for button, key, clicked, changed, can in (
            (self.undo, keys.Undo, stack.undo, stack.canUndoChanged, stack.canUndo()),
            (self.redo, keys.Redo, stack.redo, stack.canRedoChanged, stack.canRedo()),
        ):
            button.setShortcut(QKeySequence(key))
            button.clicked.connect(clicked)
            changed.connect(button.setEnabled)
            button.setEnabled(can)
        # Not the stack itself, which does not outlive every page.
        stack.undoTextChanged.connect(self._name_undo)
        stack.redoTextChanged.connect(self._name_redo)
        self._name_undo(stack.undoText())
        self._name_redo(stack.redoText())

    @Slot(str)
    def _name_undo(self, text: str) -> None:
        self.undo.setToolTip(self.tr("Undo: {0}").format(text) if text else self.tr("Undo"))

    @Slot(str)
    def _name_redo(self, text: str) -> None:
        self.redo.setToolTip(self.tr("Redo: {0}").format(text) if text else self.tr("Redo"))

    def _make_rows(self, form: LiveForm) -> None:
        self.fields.clear()
        self._labels.clear()
        rows = QWidget()
        column = spaced(QVBoxLayout(rows), SPACING, (0, 0, SPACING, 0))
        for group, title in group_titles().items():
            names = [name for name in form.fields if name.rpartition(".")[0] == group]
            if not names:
                continue
            column.addWidget(plain_label(title, role="heading"))
            layout = QFormLayout()
            layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            for name in names:
                self._add_row(layout, name, form)
            column.addLayout(layout)
        column.addStretch(1)
        self._scroll.setWidget(rows)

    def _add_row(self, layout: QFormLayout, name: str, form: LiveForm) -> None:
        about = form.fields[name].about
        field = self.fields[name] = _make_field(form.fields[name])
        title = translate_engine(about.label)
        label = self._labels[name] = QLabel(title)
        label.setBuddy(field)
        default = value_text(form.in_effect[name])
        field.set_help(
            tooltip_text(about, choice_text(about, default) if about.choices else default), title
        )
        field.text_edited.connect(lambda text, name=name: self._on_edited(name, text))
        label.setMinimumWidth(_LABEL_WIDTH)
        layout.addRow(label, field)

    def _on_edited(self, name: str, text: str) -> None:
        if self._form is not None:
            self._form.set_text(name, text)
            self.refresh()

    def _show_when(self) -> None:
        images = count_text(self._images_seen)
        if self._is_paused:
            text = self.tr("Applied values count from the next step on, after {0} images.")
        else:
            text = self.tr("Applied values count from the next step on, after about {0} images.")
        self._when.setText(text.format(images))

    def _say(self, text: str, *, is_problem: bool = False) -> None:
        self._result.setText(text)
        self._result.setVisible(bool(text))
        set_look(self._result, "role", "problem" if is_problem else "")
        self.refresh()

    @Slot()
    def _apply(self) -> None:
        if self._form is None or self._form.problems():
            return
        values: Mapping[str, Any] = self._form.values()
        if values:
            self.changes_requested.emit(values)

    @Slot()
    def _reset(self) -> None:
        if self._form is not None:
            self._form.reset()
            self._say("")


def _make_field(field: FormField) -> TextField | ChoiceField:
    about = field.about
    if not about.choices:
        return TextField(unit=unit_text(about))
    choices = ChoiceField()
    choices.set_choices((value_text(one), choice_text(about, one)) for one in about.choices)
    return choices
