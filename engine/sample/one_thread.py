"""Computing on one thread, without changing how many threads others use.

PyTorch counts threads for each thread that calls it. ``torch.set_num_threads`` also sets how many a
thread begins with that has not called PyTorch before.
"""

import contextlib
import threading
from collections.abc import Iterator

import torch


def keep_to_one_thread() -> None:
    """Let the calling thread compute on one core from now on.

    A second core gains little for a few items and takes it from the training. Threads that begin
    later, such as that of the next run, have as many cores as before.
    """
    usual = torch.get_num_threads()
    if usual == 1:
        return
    torch.set_num_threads(1)
    restorer = threading.Thread(target=torch.set_num_threads, args=(usual,), name="num-threads")
    restorer.start()
    restorer.join()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: sums of several threads are rounded otherwise."""
    threads = torch.get_num_threads()
    if threads > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if threads > 1:
            torch.set_num_threads(threads)
