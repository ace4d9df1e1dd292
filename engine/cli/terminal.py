"""Standard output and error, and how a command ends: without a traceback, whatever happens.

Imports only the standard library and small modules, because it must be ready before anything
that takes time or memory to import.
"""

import contextlib
import errno
import io
import logging
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from engine.errors import EngineError
from engine.printable import printable

DONE, FAILED, BAD_INPUT = 0, 1, 2
"""Exit codes: success; any failure; invalid arguments or input."""
END_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Signals that ask a process to end; SIGHUP says that its terminal has gone."""
NUMPY_BYTES, TORCH_BYTES = 200_000_000, 900_000_000
"""Address space without which importing numpy and Arrow, or torch and its first step, fails."""
_NO_MEMORY = re.compile(
    r"failed to map segment|can(no|')t allocate memory|not enough memory|out of memory"
    r"|can't start new thread|bad_alloc|error return without exception set",
    re.IGNORECASE,
)
"""The last is what Python says when it has no memory left to say more."""
_NO_MEMORY_ERRORS = (MemoryError, ImportError, OSError, RuntimeError, SystemError)


class OutputClosedError(Exception):
    """Standard output can no longer be written; all later output is discarded."""

    def __init__(self, error: OSError) -> None:
        self.is_reader_gone = error.errno in {errno.EPIPE, errno.EINVAL}
        """Whether the reader of a pipe has ended; Windows calls this an invalid argument."""
        super().__init__(f"standard output cannot be written: {error.strerror or error}")


class _Output:
    """Whether standard output could be written so far."""

    lost: OutputClosedError | None = None


def say(*lines: str) -> None:
    """Print lines that accompany a job; the job continues if they cannot be written."""
    with contextlib.suppress(OutputClosedError):
        answer(*map(printable, lines))


def answer(*texts: str) -> None:
    """Print lines or tables that a command exists for.

    Control characters other than line feeds are escaped.

    Raises:
        OutputClosedError: they cannot be written; raised once.
    """
    write("".join(f"{printable(text, keeps_layout=True)}\n" for text in texts))


def write(text: str) -> None:
    """Write to standard output as it is.

    Raises:
        OutputClosedError: it cannot be written; raised once.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        _Output.lost = OutputClosedError(error)
        raise _Output.lost from error


def lost_output() -> OutputClosedError | None:
    """Return why standard output can no longer be written; None while it can."""
    return _Output.lost


def complain(text: str) -> None:
    """Print one line to standard error, if that can be written."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"diptych: {printable(text)}\n")
        sys.stderr.flush()


def run_guarded(command: Callable[[], int]) -> int:
    """Run a command, and report every failure in one line on standard error.

    Returns:
        The exit code of the command or of its failure.
    """
    _prepare_streams()
    try:
        check_memory_limit(NUMPY_BYTES)
        return command()
    except EngineError as error:
        complain(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        complain("interrupted")
        return FAILED
    except OutputClosedError as error:
        if error.is_reader_gone:
            return DONE
        complain(str(error))
        return FAILED
    except Exception as error:
        if _is_lack_of_memory(error):
            complain("there is too little memory. Close other programs or use smaller settings.")
            return FAILED
        logging.getLogger(__name__).exception("The command failed.")
        complain(f"unexpected {type(error).__name__}: {error}")
        return FAILED


def interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the process as Ctrl+C does, so that temporary files are removed.

    A signal that is ignored, as under ``nohup``, remains ignored.
    """
    for number in END_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def check_memory_limit(needed_bytes: int) -> None:
    """Check the limit of the process's address space, as libraries may abort when it is reached.

    Raises:
        MemoryError: the limit, which ``ulimit -v`` sets, is too low.
    """
    with contextlib.suppress(ImportError):
        import resource  # not on Windows

        limit, _hard = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY and limit < needed_bytes:
            raise MemoryError


def _prepare_streams() -> None:
    """Replace closed streams, and let the others escape what their encoding lacks."""
    _Output.lost = None
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            null = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open until the end)
            setattr(sys, name, null)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard(stream: TextIO) -> None:
    """Send all further output of a stream to nowhere, also what it still holds at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _is_lack_of_memory(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        if isinstance(error, _NO_MEMORY_ERRORS) and _NO_MEMORY.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
