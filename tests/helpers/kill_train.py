"""Kills training runs at random moments, as a power cut would, and looks at what they leave.

``python -m tests.helpers.kill_train FOLDER --kills 100`` does it at length, over several presets.
Checkpoints are asked for all the time, so that many kills fall into the middle of a save. In the
end each run goes on for a while unharmed, and must equal one that was never killed, bit for bit.
"""

import argparse
import multiprocessing
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from engine.config.presets import PRESETS, config_from_preset
from engine.config.run import RunConfig
from engine.control import RunControl
from engine.events import CheckpointSaved, Emit, MetricsReported, Outcome, RunEnded, RunEvent
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata, verify_checkpoint
from engine.runs.event_reader import read_events
from engine.runs.folder import RunFolder
from engine.train import metrics
from engine.train.run import resume, train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_dataset

SAVE_EVERY_S = 0.02
MAX_SECONDS = 1.5
PATIENCE_S = 60.0
# A server that has torch in memory forks each run in a moment.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["engine.train.loop"])


@dataclass
class KillReport:
    """What the kills did."""

    kills: int = 0
    in_saves: int = 0
    """Kills that left a save half done."""
    before_training: int = 0
    """Kills before the first step of that life."""
    most_lost_images: int = 0
    """Between the newest checkpoint and the last step that was told."""
    complaints: list[str] = field(default_factory=list)


def kill_train(config: RunConfig, kills: int, seed: int = 0) -> KillReport:
    """Train a run and kill it, again and again.

    Args:
        config: of a run that does not end by itself in the time it gets.
        kills: how often.
        seed: of the moments.
    """
    moments = random.Random(seed)  # noqa: S311 - not for secrets
    report, folder = KillReport(), RunFolder(config.run)
    for number in range(kills):
        process = _PROCESSES.Process(target=live, args=(config,), daemon=True)
        process.start()
        if number % 4:
            _wait_for_life(process, folder)
        time.sleep(moments.uniform(0, MAX_SECONDS))
        if number % 2:
            _wait_for_save(process, folder)
        process.kill()
        process.join(PATIENCE_S)
        report.kills += 1
        _look_at(folder, report)
        if process.exitcode not in {-9, None}:
            report.complaints.append(f"life {number} ended with {process.exitcode}")
    return report


def live(config: RunConfig) -> None:
    """Train, or go on where the last life ended, and save all the time; exit 1 if it fails."""
    control, ended = RunControl(), []

    def emit(event: RunEvent) -> None:
        if isinstance(event, RunEnded):
            ended.append(event)

    def ask() -> None:
        while not ended:
            control.request_checkpoint()
            time.sleep(SAVE_EVERY_S)

    threading.Thread(target=ask, daemon=True).start()
    go_on(config, emit, control)
    sys.exit(ended[-1].outcome is not Outcome.FINISHED)


def go_on(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Train a new run, or resume one that was begun."""
    folder = RunFolder(config.run)
    if folder.config_file.exists():
        resume(folder.read_config().with_values(run=config.run), emit, control)
    else:
        train(config, emit, control)


def run_until(config: RunConfig, images: int) -> Path:
    """Train without any kill until so many images are seen; give the checkpoint."""
    control = RunControl()

    def emit(event: RunEvent) -> None:
        if isinstance(event, MetricsReported) and event.progress.images_seen >= images:
            control.request_stop()

    interval_s, metrics.INTERVAL_S = metrics.INTERVAL_S, 0.0
    go_on(config, emit, control)
    metrics.INTERVAL_S = interval_s
    return RunFolder(config.run).newest_valid().path


def differences(killed: RunConfig, straight: RunConfig, more_images: int = 80) -> list[str]:
    """Let a run go on for a while; name the tensors in which it differs from one never killed."""
    newest = read_metadata(RunFolder(killed.run).newest_valid().path).images_seen
    one, other = (run_until(config, newest + more_images) for config in (killed, straight))
    found, expected = read_tensors(one, ""), read_tensors(other, "")
    wrong = [name for name in expected if not expected[name].equal(found[name])]
    return wrong if one.name == other.name else [f"{one.name} beside {other.name}"]


def preset_config(preset: str, dataset: Path, run: Path) -> RunConfig:
    """Give a preset with its narrowest networks and no end."""
    config = config_from_preset(preset, dataset=dataset, run=run)
    # Chosen by the vocabulary, it would never be token ids on a tiny dataset.
    has_ids = config.family == "hybrid" and config.networks.text_encoding == "auto"
    return config.with_values(
        networks__text_encoding="token-ids" if has_ids else "one-hot",
        minutes=0.0,
        images=10**9,
        device="cpu",
        networks__generator_channels=4,
        networks__discriminator_channels=4,
        networks__embedding_dim=8,
        networks__latent_dim=4,
        training__batch_size=8,
        training__precision="fp32",
        reporting__preview_count=4,
        reporting__evaluate_every_s=0.0,
    )


def _wait_for_life(process: BaseProcess, folder: RunFolder) -> None:
    """Wait until this life has saved something."""
    known = {path.name for path in folder.checkpoint_paths()}
    deadline_s = time.monotonic() + PATIENCE_S
    while process.is_alive() and time.monotonic() < deadline_s:
        if {path.name for path in folder.checkpoint_paths()} - known:
            return
        time.sleep(0.002)


def _wait_for_save(process: BaseProcess, folder: RunFolder) -> None:
    """Wait until a save has begun."""
    deadline_s = time.monotonic() + PATIENCE_S
    while process.is_alive() and time.monotonic() < deadline_s:
        if _has_begun_save(folder):
            return


def _has_begun_save(folder: RunFolder) -> bool:
    return any(path.name.endswith(".part") for path in folder.checkpoints.iterdir())


def _look_at(folder: RunFolder, report: KillReport) -> None:
    if not folder.checkpoints.is_dir():
        report.before_training += 1
        return
    report.in_saves += _has_begun_save(folder)
    for path in folder.checkpoint_paths():
        verify_checkpoint(path)
    told = list(read_events(folder.log_file))
    announced = [event.images_seen for event in told if isinstance(event, CheckpointSaved)]
    if not announced:
        report.before_training += 1
        return
    newest = read_metadata(folder.newest_valid().path).images_seen
    seen = [e.progress.images_seen for e in told if isinstance(e, MetricsReported)]
    report.most_lost_images = max(report.most_lost_images, max(seen, default=0) - newest)
    if newest < announced[-1]:
        report.complaints.append(f"{newest} is newest, {announced[-1]} was announced")


def main() -> None:
    """Kill runs of every preset, one that starts from another, and one of four columns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for dataset and runs")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    dataset = tiny_dataset(arguments.folder / "data")
    earlier = preset_config("cpu-colour", dataset, arguments.folder / "earlier")
    run_until(earlier, 80)
    four = four_column_dataset(arguments.folder / "four columns")
    starts = {preset: (preset, dataset, "") for preset in PRESETS}
    starts["from an earlier run"] = ("cpu-colour", dataset, str(earlier.run))
    starts["image, text, sound and table"] = ("cpu-tiny", four, "")
    starts["streamed"] = ("cpu-tiny", tiny_dataset(arguments.folder / "many", pairs=600), "")
    failed = False
    for number, (title, (preset, data, init_from)) in enumerate(starts.items()):
        killed, straight = (
            preset_config(preset, data, arguments.folder / name / title).with_values(
                init_from=init_from, data__storage="streamed" if title == "streamed" else "auto"
            )
            for name in ("killed", "straight")
        )
        share = (arguments.kills + len(starts) - 1 - number) // len(starts)
        report = kill_train(killed, share, arguments.seed + number)
        wrong = differences(killed, straight)
        sys.stdout.write(f"{title}: {report}; tensors that differ in the end: {len(wrong)}\n")
        failed |= bool(report.complaints or wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
