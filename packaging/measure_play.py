"""Measure Play: latency of a drag beside training, its cost to training, and the first frame.

    python packaging/measure_play.py [drag] [open] [--seconds S] [--rounds N] [--run DIR]

*drag* trains digits in the process of the real window, as the studio does, and drags on the board
60 times a second. A frame's latency is the time from the mouse event that asked for it to the end
of the paint that shows it; that of any move ends with the first paint that shows it or a newer
one. Turns of S seconds alternate: nobody plays (another dock is in front), the board follows the
run, one tile is dragged, sixteen are. The training's rate in a turn is compared with the turns
before and after it in which nobody plays, and so are its images in a second of its threads' CPU
time, which other work on the machine disturbs less. On Linux the CPU time of each thread is
printed: of the window, of the thread that draws, and of the training. *open* opens the panel on a
finished run: cold in a new process, before torch is imported, and warm a second time. Windows open
on Qt's offscreen platform. Nothing else should run on the machine meanwhile; the load is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

TURNS = ("nobody", "follow", "one", "sixteen")
MOVE_MS = 16
WARM_UP_S = 15.0
SETTLE_S = 1.5
"""Left out at the beginning of each turn."""
DRAG_S = 2.0
"""Length of one drag; it rests between two."""
PATIENCE_S = 300.0
THREADS = {"python": "window", "play": "play", "training": "training"}
"""What the system calls the threads, and what they do."""
COUNTS = {"one": 1, "sixteen": 16, "follow": 8}


def main() -> None:
    """Measure what was asked for, everything by default."""
    parser = argparse.ArgumentParser(description="Measures how quickly Play answers.")
    parser.add_argument("what", nargs="*", metavar="WHAT", help="drag, open; both by default")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=4, help="of all turns")
    parser.add_argument("--run", type=Path, help="a finished run to open; else one is trained")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        what, folder = arguments.inside
        answer = INSIDE[what](Path(folder), arguments)
        print(json.dumps(answer))
        return
    with tempfile.TemporaryDirectory(prefix="diptych-play-") as folder:
        home = Path(folder)
        print(f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        if "drag" in (arguments.what or ["drag"]):
            _print_drag(_probe("drag", home, arguments), arguments)
        if "open" in (arguments.what or ["open"]):
            run = arguments.run or next((home / "runs").iterdir(), None)
            arguments.run = run or _trained(home)
            _print_open([_probe("open", home, arguments) for _turn in range(3)])
        print(f"Load after: {os.getloadavg()[0]:.1f}")


def _print_drag(answer: dict[str, Any], arguments: argparse.Namespace) -> None:
    print(f"Turns of {arguments.seconds:g} s, {arguments.rounds} rounds")
    for turn in ("one", "sixteen"):
        found = answer["latency_ms"][turn]
        p50, p95, p99 = np.percentile(found, (50, 95, 99))
        print(
            f"Drag, {turn}: latency median {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; "
            f"{len(found) / answer['drag_s'][turn]:.0f} frames/s; "
            f"{answer['older'][turn]} older after newer; last shown "
            f"{answer['last_shown'][turn]} of {answer['drags'][turn]}"
        )
        p50, p95 = np.percentile(answer["any_ms"][turn], (50, 95))
        tiles = statistics.mean(answer["tiles"][turn])
        print(f"    any move: median {p50:.1f}, p95 {p95:.1f} ms; {tiles:.1f} tiles in a frame")
        cpu, frames = answer["cpu_s"][turn], len(found)
        costs = {name: f"{1000 * cpu[name] / frames:.2f}" for name in ("window", "play")}
        print(
            f"    CPU ms for a frame: {costs['window']} of the window, {costs['play']} of drawing"
        )
    for turn in TURNS[1:]:
        for what, ratios in (("speed", answer["ratios"][turn]), ("CPU", answer["by_cpu"][turn])):
            listed = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            median = statistics.median(ratios)
            print(f"Training, {turn}: {median:.3f} of its {what} when nobody plays ({listed})")
    print("CPU seconds in all turns, by thread:")
    for turn in TURNS:
        listed = ", ".join(f"{name} {cpu:.1f}" for name, cpu in answer["cpu_s"][turn].items())
        print(f"    {turn}: {listed}")


def _print_open(answers: Sequence[dict[str, float]]) -> None:
    for kind in ("cold", "warm"):
        found = [answer[kind] for answer in answers]
        print(f"First frame, {kind}: {statistics.median(found):.2f} s (of {found})")


def _probe(what: str, home: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run a measurement in a process of its own; its last line is its answer."""
    variables = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DOCUMENTS_DIR": str(home / "documents"),
    }
    command = [sys.executable, __file__, "--inside", what, str(home)]
    command += ["--seconds", str(arguments.seconds), "--rounds", str(arguments.rounds)]
    command += ["--run", str(arguments.run)] if arguments.run else []
    done = subprocess.run(command, check=True, env=variables, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _trained(home: Path) -> Path:
    run = home / "runs" / "digits"
    command = [sys.executable, "-m", "studio", "train", "--starter", "digits"]
    command += ["--preset", "cpu-tiny", "--images", "2000", "--minutes", "0"]
    command += ["--datasets", str(home / "datasets"), "--run", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return run


# Inside the process of the window.


class Window:
    """The real studio, and helpers that keep its event loop running."""

    def __init__(self, home: Path) -> None:
        from PySide6.QtCore import QSettings
        from PySide6.QtWidgets import QApplication

        from studio.app import build_studio
        from studio.settings.choices import GeneralChoices
        from studio.settings.codec import SettingsStore

        self.application = QApplication(sys.argv[:1])
        settings = QSettings(str(home / "studio.ini"), QSettings.Format.IniFormat)
        SettingsStore(settings).save(GeneralChoices(workspace=home))
        self.studio = build_studio(self.application, settings=settings)
        self.studio.window.resize(1280, 720)
        self.studio.window.show()
        self.paints: list[tuple[int, float]] = []
        """Number of the frame that the board showed, and when the paint was over."""
        self.requests: dict[int, float] = {}
        """When the mouse event came that asked for a frame of the board."""
        self.event_s = 0.0
        self.moves: list[float] = []
        """When the mouse was moved."""
        self.tiles: list[int] = []
        """Tiles of each frame of the board that was asked for."""
        self._watch()

    def _watch(self) -> None:
        frames, board = self.studio.frames, self.studio.window.play.board
        draw, paint = frames.draw, type(board).paintEvent
        shown = [0]

        def timed_draw(target: str, scenes: Any, columns: Any = None, **options: Any) -> int:
            number = draw(target, scenes, columns, **options)
            if target == "board":
                self.requests[number] = self.event_s
                self.tiles.append(len(scenes))
            return number

        def timed_paint(widget: Any, event: Any) -> None:
            paint(widget, event)
            self.paints.append((shown[0], time.perf_counter()))

        frames.draw = timed_draw
        type(board).paintEvent = timed_paint  # pyright: ignore[reportAttributeAccessIssue] - measures from outside
        self.studio.window.play.feed.tiles_drawn.connect(
            lambda drawn: shown.__setitem__(0, drawn.frame.number)
        )

    @property
    def newest(self) -> int:
        """Number of the newest frame that was painted, 0 if there is none."""
        return max((number for number, _at in self.paints), default=0)

    def wait(self, seconds: float) -> None:
        """Let the event loop run for a while."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(max(0, round(seconds * 1000)), loop.quit)
        loop.exec()

    def until(self, is_true: Callable[[], bool]) -> None:
        """Let the event loop run until something is true."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        timer = QTimer()
        timer.timeout.connect(lambda: loop.quit() if is_true() else None)
        timer.start(2)
        QTimer.singleShot(round(PATIENCE_S * 1000), loop.quit)
        loop.exec()
        if not is_true():
            sys.exit("nothing happened for five minutes")

    def drag(self, seconds: float) -> None:
        """Drag on the board in circles."""
        from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
        from PySide6.QtGui import QMouseEvent

        board = self.studio.window.play.board
        left, nothing = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        keys = Qt.KeyboardModifier.NoModifier
        centre = QPointF(board.rect().center())

        def send(kind: QEvent.Type, place: QPointF, held: Qt.MouseButton) -> None:
            self.event_s = time.perf_counter()
            button = nothing if kind == QEvent.Type.MouseMove else left
            point = board.mapToGlobal(place)
            self.application.sendEvent(board, QMouseEvent(kind, place, point, button, held, keys))

        began = time.perf_counter()

        def move() -> None:
            angle = 2 * np.pi * (time.perf_counter() - began) / 3
            way = QPointF(float(90 * np.cos(angle)), float(70 * np.sin(angle)))
            self.moves.append(time.perf_counter())
            send(QEvent.Type.MouseMove, centre + way, left)

        send(QEvent.Type.MouseButtonPress, centre, left)
        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(move)
        timer.start(MOVE_MS)
        self.wait(seconds)
        timer.stop()
        send(QEvent.Type.MouseButtonRelease, centre, nothing)

    def close(self) -> None:
        """End everything."""
        self.studio.training.stop(discard=True)
        self.until(lambda: not self.studio.training.is_running)
        self.studio.closing.closing.emit()
        self.studio.window.leave()


def inside_drag(home: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, and alternate between the turns."""
    from engine.config.presets import config_from_preset
    from engine.events import MetricsReported

    window = Window(home)
    studio = window.studio
    reports: list[tuple[float, int]] = []

    def listen(event: object) -> None:
        if isinstance(event, MetricsReported):
            reports.append((time.perf_counter(), event.progress.images_seen))

    studio.training.event_emitted.connect(listen)
    config = config_from_preset(
        "cpu-tiny", dataset=home / "datasets" / "digits", run=home / "runs" / "digits"
    )
    reporting = replace(config.reporting, evaluate_every_s=0.0)
    config = config.with_values(device="cpu", minutes=60.0, reporting=reporting)
    studio.training.start(config, "digits")
    window.until(lambda: len(reports) > 5)
    studio.window.show_play()
    window.until(lambda: window.newest > 0)
    window.wait(WARM_UP_S)
    answer: dict[str, Any] = {
        key: dict.fromkeys(TURNS, 0) for key in ("older", "last_shown", "drags", "drag_s")
    }
    for key in ("latency_ms", "any_ms", "tiles"):
        answer[key] = {turn: [] for turn in TURNS}
    answer["cpu_s"] = {turn: dict.fromkeys(THREADS.values(), 0.0) for turn in TURNS}
    rates: list[tuple[str, tuple[float, float]]] = []
    for _round in range(arguments.rounds):
        for turn in TURNS[1:]:
            rates.append(("nobody", _turn(window, "nobody", arguments.seconds, reports, answer)))
            rates.append((turn, _turn(window, turn, arguments.seconds, reports, answer)))
    rates.append(("nobody", _turn(window, "nobody", arguments.seconds, reports, answer)))
    for kind, key in enumerate(("ratios", "by_cpu")):
        answer[key] = _ratios([(turn, rate[kind]) for turn, rate in rates])
    window.close()
    return answer


def _ratios(rates: Sequence[tuple[str, float]]) -> dict[str, list[float]]:
    """Compare each turn with those before and after it, in which nobody plays."""
    found: dict[str, list[float]] = {turn: [] for turn in TURNS[1:]}
    for place, (turn, rate) in enumerate(rates):
        if turn != "nobody":
            found[turn].append(2 * rate / (rates[place - 1][1] + rates[place + 1][1]))
    return found


def _turn(
    window: Window,
    turn: str,
    seconds: float,
    reports: list[tuple[float, int]],
    answer: dict[str, Any],
) -> tuple[float, float]:
    """Do one thing for a while; returns images a second, and a CPU second, of the training."""
    studio = window.studio
    if turn == "nobody":
        studio.window.show_gallery()
    else:
        studio.window.show_play()
        studio.window.play.bar.count_chosen.emit(COUNTS[turn])
    window.wait(SETTLE_S)
    cpu_before, began = cpu_seconds(), time.perf_counter()
    num_reports = len(reports)
    # A busy machine may take longer to report twice.
    while time.perf_counter() < began + seconds or len(reports) < num_reports + 3:
        if turn in ("one", "sixteen"):
            _measure_drag(window, turn, answer)
        else:
            window.wait(max(0.1, began + seconds - time.perf_counter()))
    ended, cpu_after = time.perf_counter(), cpu_seconds()
    cpu = {name: cpu_after[name] - cpu_before[name] for name in cpu_after}
    for name, used in cpu.items():
        answer["cpu_s"][turn][name] += used
    within = [report for report in reports if began <= report[0] <= ended]
    (start_s, start), (end_s, end) = within[0], within[-1]
    rate = (end - start) / (end_s - start_s)
    return rate, rate * (ended - began) / max(cpu["training"], 1e-3)


def cpu_seconds() -> dict[str, float]:
    """Return the CPU time of this process's threads; zeros where the system does not tell."""
    found = dict.fromkeys(THREADS.values(), 0.0)
    for task in Path("/proc/self/task").glob("*"):
        try:
            name = (task / "comm").read_text().strip()
            used = int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue  # It has just ended.
        if name in THREADS:
            found[THREADS[name]] += used
    return found


def _measure_drag(window: Window, turn: str, answer: dict[str, Any]) -> None:
    first_paint, first_request = len(window.paints), len(window.tiles)
    window.moves.clear()
    began = time.perf_counter()
    window.drag(DRAG_S)
    answer["drag_s"][turn] += time.perf_counter() - began
    drag_end = time.perf_counter()
    answer["tiles"][turn].extend(window.tiles[first_request:-1])
    last = max(window.requests)
    window.until(lambda: window.paints[-1][0] >= last)
    shown = 0
    for number, painted_s in window.paints[first_paint:]:
        if number < shown:
            answer["older"][turn] += 1
        is_new = number > shown and number in window.requests
        if is_new and began < window.requests[number] <= drag_end:
            answer["latency_ms"][turn].append((painted_s - window.requests[number]) * 1000)
        shown = max(shown, number)
    shown_moves = [(window.requests.get(n, 0.0), at) for n, at in window.paints[first_paint:]]
    for moved_s in window.moves:
        shown_s = next((at for asked_s, at in shown_moves if asked_s >= moved_s), None)
        if shown_s is not None:
            answer["any_ms"][turn].append((shown_s - moved_s) * 1000)
    answer["drags"][turn] += 1
    answer["last_shown"][turn] += shown == last


def inside_open(home: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Open a finished run cold, and once more warm."""
    window = Window(home)
    studio, times = window.studio, dict[str, float]()
    window.wait(0.5)
    if "torch" in sys.modules:
        sys.exit("torch was imported before the panel was opened")
    studio.run_view.open(arguments.run)
    before = 0
    for kind in ("cold", "warm"):
        window.wait(0.5)
        began = time.perf_counter()
        studio.window.show_play()
        window.until(lambda least=before: window.newest > least)
        times[kind] = round(next(at for n, at in window.paints if n > before) - began, 3)
        studio.window.show_gallery()
        # As a minute after the panel was hidden; it notices within half a second.
        window.wait(1.2)
        studio.window.play.session.release()
        before = window.newest
    window.close()
    return times


INSIDE = {"drag": inside_drag, "open": inside_open}

if __name__ == "__main__":
    main()
