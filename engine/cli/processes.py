"""Training in several processes: starts the others for ``--processes``, or meets those of torchrun.

``python -m engine.cli.processes`` is one of the others; ``LeaderChannel`` tells it what to do.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import engine
from engine.cli.terminal import DONE, END_SIGNALS, FAILED
from engine.errors import ConfigError, Problem
from engine.rank_channel import FollowerChannel, LeaderChannel

MAX_PROCESSES = 1024
MODULE = "engine.cli.processes"
"""What the other processes run."""
END_S = 10.0
"""Time for the other processes to end by themselves."""
_TOKEN = "DIPTYCH_RANK_TOKEN"  # noqa: S105 (the name of a variable)
_MEETING = "diptych"
"""Key in torchrun's store where rank 0 says how to reach it."""
_LOOPBACKS = ("lo", "lo0")


@contextlib.contextmanager
def several_processes(count: int) -> Iterator[bool]:
    """Train in several processes within the block.

    Under torchrun, ``count`` must be 1, and the processes are torchrun's.

    Returns:
        Whether this process is rank 0, which does everything; the others have nothing to do after
        they have followed it to its end.

    Raises:
        ConfigError: both were asked for, or too many.
    """
    is_torchrun = "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1
    if not 1 <= count <= MAX_PROCESSES:
        raise ConfigError([Problem("--processes", f"must be 1 to {MAX_PROCESSES}, not {count}")])
    if is_torchrun and count > 1:
        raise ConfigError([Problem("--processes", "is decided by torchrun's --nproc-per-node")])
    with contextlib.ExitStack() as stack:
        is_first = True
        if is_torchrun:
            is_first = stack.enter_context(_met_by_torchrun())
        elif count > 1:
            stack.enter_context(_started(count))
        yield is_first


@contextlib.contextmanager
def _started(count: int) -> Iterator[None]:
    """Start the other processes on this machine, and end them after the block."""
    import torch

    from engine import ranks

    children: list[subprocess.Popen[bytes]] = []
    channel = LeaderChannel(count, find_dead=lambda: _dead(children))
    with tempfile.TemporaryDirectory(prefix="diptych-ranks-") as made:
        file = Path(made) / "addresses"
        _use_loopback()
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(max(1, torch.get_num_threads() // count))
        environment = {
            **os.environ,
            _TOKEN: channel.token,
            "OMP_NUM_THREADS": str(torch.get_num_threads()),
            "PYTHONPATH": os.pathsep.join(_import_paths()),
        }
        ranks.join(0, count, ranks.file_store(file, count), channel)
        try:
            for rank in range(1, count):
                command = [sys.executable, "-m", MODULE, str(channel.port), str(file)]
                children.append(
                    subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                        [*command, str(rank), str(count)],
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        # The terminal's Ctrl+C is for rank 0 alone.
                        start_new_session=True,
                    )
                )
            yield
        finally:
            ranks.leave()
            _end(children)


def _import_paths() -> list[str]:
    """Return where a process finds this engine, and then what this process finds."""
    own = str(Path(engine.__file__).resolve().parents[1])
    return [own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


def _use_loopback() -> None:
    """Let processes of one machine talk to each other without its network."""
    if os.name == "posix" and "GLOO_SOCKET_IFNAME" not in os.environ:
        names = [name for _number, name in socket.if_nameindex() if name in _LOOPBACKS]
        if names:
            os.environ["GLOO_SOCKET_IFNAME"] = names[0]


def _dead(children: Sequence[subprocess.Popen[bytes]]) -> str:
    """Say which process has ended, and how; nothing if none has."""
    for number, child in enumerate(children, start=2):
        code = child.poll()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else "ended unexpectedly"
            return f"process {number} {how}"
    return ""


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(END_S)
        child.kill()
        child.wait()


@contextlib.contextmanager
def _met_by_torchrun() -> Iterator[bool]:
    """Meet the other processes that torchrun started; those other than rank 0 follow it."""
    from engine import ranks

    store, rank, size = ranks.torchrun_store()
    if rank == 0:
        # The others may be on other machines.
        channel = LeaderChannel(size, host="")
        store.set(_MEETING, json.dumps([channel.port, channel.token]))
        ranks.join(0, size, store, channel)
        try:
            yield True
        finally:
            ranks.leave()
    else:
        port, token = json.loads(store.get(_MEETING))
        _follow(os.environ["MASTER_ADDR"], port, token, store, rank, size)
        yield False


def _follow(host: str, port: int, token: str, store: Any, rank: int, size: int) -> None:
    """Follow rank 0 until it has ended."""
    from engine import ranks
    from engine.train.followers import follow

    for number in END_SIGNALS:
        # Rank 0 gets these signals too, and ends all.
        signal.signal(number, signal.SIG_IGN)
    try:
        channel = FollowerChannel(host, port, token, rank)
    except OSError:
        return
    ranks.join(rank, size, store, channel)
    try:
        follow()
    finally:
        ranks.leave()


def main(arguments: Sequence[str]) -> int:
    """Run one of the processes that ``--processes`` starts."""
    from engine import ranks

    try:
        port, file, rank, size = arguments
        store = ranks.file_store(Path(file), int(size))
        _follow("127.0.0.1", int(port), os.environ[_TOKEN], store, int(rank), int(size))
    except (ValueError, KeyError):
        return FAILED
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
