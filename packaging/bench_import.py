"""Benchmark imports: throughput beside plain Pillow, peak memory and the delay of a stop.

    python packaging/bench_import.py [rate] [scan] [--images 20000] [--rounds 3] [--files 100000]
    python packaging/bench_import.py million [--files 1000000]

``rate``  JPEG files of 256 px into 64 px. The peer does what a script would: two processes that
          open, decode whole and resize with LANCZOS, and keep nothing. Ours scans, reads the
          texts, decodes, compares, writes and publishes a dataset. Both take turns, every time in
          processes of their own; medians, and the median of each round's ratio.
``scan``  Many small files: how long listing and pairing take, how much memory, and how long it
          takes from a stop to the end, at several moments.
``million``  Half as many images of 16 px as files, each with a text: peak memory, seconds by stage,
          how far the fraction that is shown is from the share of the whole time that has passed,
          and whether an import that is killed amid decoding continues to the same content hash.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.control import RunControl
from engine.errors import StoppedError
from engine.events import ImportEnded, ImportEvent, ImportProgressed, Outcome
from engine.importing.build import import_dataset
from engine.importing.formats.format import ImportSpec
from engine.importing.plan import ImageSettings, ImportPlan
from engine.importing.progress import ProgressReporter
from engine.importing.scan import scan_source
from engine.importing.sources.opening import open_archive
from engine.importing.staging import staging_folder

SIDE, SIZE, PROCESSES = 256, 64, 2
STOPS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""When a stop comes, as shares of a whole scan."""


def main() -> None:
    """Run the parts asked for, or one contestant in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["rate", "scan"])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument(
        "--contestant", choices=["peer", "ours", "scan", "whole"], help=argparse.SUPPRESS
    )
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant == "whole":
        print(json.dumps(run_whole(arguments.source, arguments.target)))
        return
    if arguments.contestant:
        contestants = {"peer": run_peer, "ours": run_ours, "scan": run_scan}
        print(json.dumps(contestants[arguments.contestant](arguments.source)))
        return
    if "rate" in arguments.parts:
        compare_rates(arguments.images, arguments.rounds)
    if "scan" in arguments.parts:
        measure_scan(arguments.files)
    if "million" in arguments.parts:
        measure_million(arguments.files)


def compare_rates(images: int, rounds: int) -> None:
    """Print the rates of both, round by round."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        make_pictures(source, images)
        results: dict[str, list[dict[str, float]]] = {"peer": [], "ours": []}
        print(f"{images:,} JPEG files of {SIDE} px into {SIZE} px, {os.cpu_count()} cores")
        for number in range(rounds):
            # Who comes first changes, so that neither always finds a warmer machine.
            for name in sorted(results, reverse=bool(number % 2)):
                result = contest(name, source)
                results[name].append(result)
                print(f"  {name}: {images / result['seconds']:7,.0f} a second", flush=True)
    rates = {name: [images / r["seconds"] for r in some] for name, some in results.items()}
    ratios = [ours / peer for ours, peer in zip(rates["ours"], rates["peer"], strict=True)]
    peak = max(result["peak_mb"] for result in results["ours"])
    print("| contestant | images a second | peak memory |")
    print("|---|---|---|")
    print(f"| Pillow, two processes | {statistics.median(rates['peer']):,.0f} | |")
    print(f"| import | {statistics.median(rates['ours']):,.0f} | {peak:,.0f} MB |")
    print(f"Ratio: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def measure_scan(files: int) -> None:
    """Print what scanning many small files takes."""
    for count in (files // 10, files):
        with tempfile.TemporaryDirectory() as folder:
            make_small_files(Path(folder), count)
            result = contest("scan", Path(folder))
        latencies = " ".join(f"{result[f'stop_{share}'] * 1e3:.0f}" for share in STOPS)
        print(
            f"{count:,} small files: scanned in {result['seconds']:.2f} s, peak "
            f"{result['peak_mb']:,.0f} MB; from stop to end: {latencies} ms",
            flush=True,
        )


def measure_million(files: int) -> None:
    """Print what the import of very many small files takes, and whether it survives a kill."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        make_tiny_pairs(source, files // 2)
        result = json.loads(_whole(source, target / "one").communicate()[0].splitlines()[-1])
        stages = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in result["stages"].items())
        print(f"{files:,} files: peak {result['peak_mb']:,.0f} MB; {stages}")
        print(f"progress: at most {result['deviation']:.1%} off", flush=True)
        killed = _whole(source, target / "two")
        staged = staging_folder(target / "two") / "items.jsonl"
        while killed.poll() is None and not (
            staged.exists() and staged.stat().st_size > result["staged_bytes"] / 2
        ):
            time.sleep(0.1)
        killed.kill()
        killed.communicate()
        again = json.loads(_whole(source, target / "two").communicate()[0].splitlines()[-1])
        is_same = again["version"] == result["version"]
        print(f"killed amid decoding and resumed: {'the same' if is_same else 'ANOTHER'} hash")


def _whole(source: Path, target: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, __file__, "--contestant", "whole"]
    command += ["--source", str(source), "--target", str(target)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def run_whole(source: Path, target: Path) -> dict[str, Any]:
    """Import, and record when each stage began and how far it was when."""
    told: list[tuple[float, ImportProgressed]] = []
    ends: list[ImportEnded] = []
    staged = staging_folder(target) / "items.jsonl"
    sizes = [0]

    def keep(event: ImportEvent) -> None:
        if isinstance(event, ImportEnded):
            ends.append(event)
            return
        told.append((time.monotonic(), event))
        with contextlib.suppress(OSError):
            sizes.append(staged.stat().st_size)

    began_s = time.monotonic()
    import_dataset(_plan(source, target), keep, RunControl())
    ended_s = time.monotonic()
    if ends[-1].outcome is not Outcome.FINISHED:
        raise RuntimeError(f"the import failed: {ends[-1].error}")
    starts: dict[str, float] = {}
    for at_s, event in told:
        starts.setdefault(event.stage, at_s)
    bounds = [*starts.values(), ended_s]
    stages = {name: bounds[n + 1] - bounds[n] for n, name in enumerate(starts)}
    passed = [(at_s - began_s) / (ended_s - began_s) for at_s, _event in told]
    shown = [event.fraction for _at_s, event in told]
    deviation = max(abs(one - other) for one, other in zip(passed, shown, strict=True))
    return {
        "peak_mb": _peak_mb(),
        "stages": stages,
        "deviation": deviation,
        "version": ends[-1].version,
        "staged_bytes": max(sizes),
    }


def make_tiny_pairs(folder: Path, count: int) -> None:
    """Write images of 16 px, each different and with a text, five hundred a folder."""
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"{number // 500:04}"
        place.mkdir(exist_ok=True, parents=True)
        pixels = random.integers(0, 256, (16, 16), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{number:07}.png", compress_level=1)
        text = f"a small picture of noise, number {number}"
        (place / f"{number:07}.txt").write_text(text, encoding="utf-8")


def contest(name: str, source: Path) -> dict[str, float]:
    """Let one contestant run in a process of its own."""
    command = [sys.executable, __file__, "--contestant", name, "--source", str(source)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(ended.stdout.splitlines()[-1])


def run_peer(source: Path) -> dict[str, float]:
    """Decode and resize in two processes, and nothing else."""
    paths = sorted(str(path) for path in source.glob("*.jpg"))
    started_s = time.monotonic()
    with multiprocessing.Pool(PROCESSES) as pool:
        total = sum(pool.imap_unordered(_decode, paths, chunksize=64))
    seconds = time.monotonic() - started_s
    if total != len(paths) * SIZE * SIZE * 3:
        raise RuntimeError("the peer lost an image")
    return {"seconds": seconds, "peak_mb": _peak_mb()}


def run_ours(source: Path) -> dict[str, float]:
    """Import, from the empty folder to the published dataset."""
    ends: list[ImportEnded] = []

    def keep(event: object) -> None:
        if isinstance(event, ImportEnded):
            ends.append(event)

    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(source, Path(folder) / "dataset")
        started_s = time.monotonic()
        import_dataset(plan, keep, RunControl())
        seconds = time.monotonic() - started_s
    if ends[-1].outcome is not Outcome.FINISHED:
        raise RuntimeError(f"the import failed: {ends[-1].error}")
    return {"seconds": seconds, "peak_mb": _peak_mb()}


def run_scan(source: Path) -> dict[str, float]:
    """Scan once to the end, then stop scans at several moments."""
    plan = _plan(source, source / "none")
    started_s = time.monotonic()
    _scan(plan, RunControl())
    seconds = time.monotonic() - started_s
    result = {"seconds": seconds, "peak_mb": _peak_mb()}
    for share in STOPS:
        result[f"stop_{share}"] = _stop_latency(plan, share * seconds)
    return result


def make_pictures(folder: Path, count: int) -> None:
    """Write JPEG files as photographs are: smooth, with some noise; each with a text."""
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        noisy = smooth + random.normal(0, 8, (SIDE, SIDE, 1))
        picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        picture.save(folder / f"{number:06}.jpg", quality=90)
        (folder / f"{number:06}.txt").write_text(f"picture number {number}", encoding="utf-8")


def make_small_files(folder: Path, count: int) -> None:
    """Write pairs of tiny files, a thousand a folder."""
    for number in range(count // 2):
        place = folder / f"{number // 500:04}"
        place.mkdir(exist_ok=True)
        (place / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (place / f"{number}.txt").write_text(f"words of {number}", encoding="utf-8")


def _decode(path: str) -> int:
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(small).size


def _plan(source: Path, dataset: Path) -> ImportPlan:
    return ImportPlan(
        source=source,
        dataset=dataset,
        reading=ImportSpec(format="sidecar"),
        images=ImageSettings(size=SIZE),
    )


def _scan(plan: ImportPlan, control: RunControl) -> None:
    tell = ProgressReporter(lambda _event: None)
    with open_archive(plan.source, control=control) as archive:
        scan_source(plan, archive, control, tell)


def _stop_latency(plan: ImportPlan, after_s: float) -> float:
    control, asked_s = RunControl(), 0.0

    def stop() -> None:
        nonlocal asked_s
        asked_s = time.monotonic()
        control.request_stop()

    timer = threading.Timer(after_s, stop)
    timer.start()
    try:
        _scan(plan, control)
    except StoppedError:
        return time.monotonic() - asked_s
    finally:
        timer.cancel()
    return 0.0


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


if __name__ == "__main__":
    main()
