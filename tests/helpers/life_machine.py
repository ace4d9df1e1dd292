"""A user who presses anything at any time, in the real window over the fake engine."""

import sys

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from PySide6.QtGui import QAction

from engine.events import MicroBatchingEnabled, RolledBack, StepsSkipped
from engine.fs.lock import RunLock
from studio.dialogs.confirm import CloseAnswer, ConfirmQuit
from studio.models.run_state import Command, RunState, is_alive
from tests.helpers.guards import running_qthreads
from tests.helpers.windows import LifeWindow

FLOOD = 2_000
EXPECTED = ("A job failed", "told to", "DiskFullError", "ZeroDivisionError")
"""What may be logged: ends that the test itself brought about."""
ALLOWED = {
    RunState.IDLE: {"start"},
    RunState.PREPARING: {"stop_save", "stop_discard"},
    RunState.RUNNING: {
        "pause",
        "pause_release",
        "stop_save",
        "stop_discard",
        "save_now",
        "sample_now",
    },
    RunState.PAUSING: {"stop_save", "stop_discard"},
    RunState.PAUSED: {"resume", "stop_save", "stop_discard"},
    RunState.STOPPING: set(),
    RunState.FINISHED: {"start", "resume"},
    RunState.INTERRUPTED: {"start", "resume"},
    RunState.FAILED: {"start", "resume"},
}


class LifeMachine(LifeWindow):
    """Checks after every action that the window tells the truth and offers what it should.

    Every rule may be drawn at any time, and does nothing where there is nothing to press: what
    another thread has done by then must not decide what is drawn, or no seed would repeat.
    """

    # What a user may do.

    @initialize(has_run=st.booleans())
    def begin(self, *, has_run: bool) -> None:
        self.studio.window.show_docks()
        if has_run:
            self.studio.window.actions_.start.trigger()
            self._settle()

    @rule(choice=st.integers(0, 100))
    def ask_for_what_is_offered(self, choice: int) -> None:
        self._count()
        commands = sorted(self.studio.window.run.available_commands)
        if commands:
            self.studio.window.run.ask(commands[choice % len(commands)])

    @rule(releases=st.booleans())
    def pause_and_wait(self, *, releases: bool) -> None:
        self._count()
        self._settle()
        command = Command.PAUSE_RELEASE if releases else Command.PAUSE
        self.studio.window.actions_.run.action(command).trigger()
        self._settle()

    @rule(command=st.sampled_from(Command))
    def choose_in_the_menu(self, command: Command) -> None:
        self._count()
        self.studio.window.actions_.run.action(command).trigger()

    @rule(command=st.sampled_from(Command))
    def press_a_button(self, command: Command) -> None:
        self._count()
        button = self._buttons()[command]
        if isinstance(button, QAction):
            button.trigger()
        elif button.isVisible():
            button.click()  # pyright: ignore[reportAttributeAccessIssue] - all others are buttons

    @rule(is_sure=st.booleans())
    def answer_whether_to_discard(self, *, is_sure: bool) -> None:
        self._count()
        guard = self.studio.run_controller.guard
        if guard is not None:
            (guard.discard.click if is_sure else guard.reject)()

    @rule(way=st.sampled_from(("retry", "folder", "discard", "hide")))
    def answer_a_stuck_run(self, way: str) -> None:
        self._count()
        dialog = self.studio.storage_errors.dialog
        if dialog is None:
            return
        if way == "hide":
            dialog.close()
        else:
            getattr(dialog, way).click()

    @rule(picks=st.booleans())
    def pick_another_folder(self, *, picks: bool) -> None:
        self._count()
        picker = self._picker()
        if picker is None:
            return
        if picks:
            picker.fileSelected.emit(str(self.folder / "moved" / f"run-{next(self._runs)}"))
        picker.reject()

    @rule(answer=st.sampled_from(CloseAnswer))
    def close_the_window(self, answer: CloseAnswer) -> None:
        self._count()
        window = self.studio.window
        window.close()
        guards = [g for g in window.findChildren(ConfirmQuit) if g.isVisible()]
        assert len(guards) <= 1
        if guards and answer in guards[0]._answers.values():
            guards[0].button_for(answer).click()
        elif guards:
            guards[0].reject()

    @rule(is_held=st.booleans(), has_checkpoint=st.booleans())
    def open_a_run(self, *, is_held: bool, has_checkpoint: bool) -> None:
        self._count()
        if not self.studio.window.actions_.open_run.isEnabled():
            return
        run = self._write_run(has_checkpoint=has_checkpoint)
        if not is_held:
            self.studio.run_view.open_or_report(run)
            return
        with RunLock(run):
            self.studio.run_view.open_or_report(run)
        assert self.studio.run_view.status.holder
        assert Command.RESUME not in self.studio.window.run.available_commands

    # What may happen to a run.

    @rule(chance=st.integers(0, 5))
    def end_or_break_the_run(self, chance: int) -> None:
        self._count()
        if chance == 0:
            self.engine.finish.set()
        elif chance == 1 and self.engine.where == "training":
            self.engine.fails_now.set()

    @rule(is_full=st.booleans())
    def fill_or_free_the_disk(self, *, is_full: bool) -> None:
        self._count()
        (self.engine.is_disk_full.set if is_full else self.engine.is_disk_full.clear)()

    @rule()
    def give_it_trouble(self) -> None:
        self._count()
        self.engine.trouble += [
            StepsSkipped(images_seen=100, steps=(1, 2), terms=("discriminator",)),
            RolledBack(images_seen=50, from_images_seen=100, rate_scale=0.5),
            MicroBatchingEnabled(
                images_seen=50, batch_size=8, num_micro_batches=2, memory_bytes=2, budget_bytes=1
            ),
        ]

    @rule()
    def flood_the_window(self) -> None:
        self._count()
        self.engine.flood = FLOOD

    @rule(wait_ms=st.sampled_from((1, 15, 60)))
    def look_on(self, wait_ms: int) -> None:
        self._count()
        self.qtbot.wait(wait_ms)

    @rule()
    def wait_until_it_settles(self) -> None:
        self._count()
        self._settle()

    # What holds at any time.

    @invariant()
    def the_state_fits_the_job(self) -> None:
        life = self.studio.run_view.status.state
        self.seen.add(life)
        assert is_alive(life) == self.studio.training.is_running, life

    @invariant()
    def exactly_what_is_allowed_is_offered(self) -> None:
        panel, life = self.studio.window.run, self.studio.run_view.status.state
        expected = set(ALLOWED[life])
        if not panel.can_start:
            expected.discard("start")
        if not is_alive(life) and panel._controls.more.run is None:
            expected.discard("resume")
        assert panel.available_commands == expected, life
        for command in Command:
            action = self.studio.window.actions_.run.action(command)
            assert action.isEnabled() == (command in expected), (life, command)
            button = self._buttons()[command]
            is_shown = isinstance(button, QAction) or button.isVisibleTo(panel)
            assert (is_shown and button.isEnabled()) == (command in expected), (life, command)

    @invariant()
    def nothing_was_raised_or_logged(self) -> None:
        if self.raised:
            # As it was raised in a slot, with the lines it came from.
            raise self.raised[0][1].with_traceback(self.raised[0][2])
        for line in self.problem_log.unexpected:
            assert any(text in line for text in EXPECTED), line
            self.problem_log.expect("")

    def teardown(self) -> None:
        """End whatever goes on; nothing may be left of it."""
        try:
            self.engine.is_disk_full.clear()
            self._settle()
            self.nothing_was_raised_or_logged()
            self._shut()
            self.nothing_was_raised_or_logged()
            assert not running_qthreads()
        finally:
            sys.excepthook = self._hook
            self._home.cleanup()
