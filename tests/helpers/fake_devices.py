"""Sound devices that tests move by hand."""

import threading

from studio.jobs.audio_player import Frames


class FakeDevices:
    """Starts devices that play only when a test says so."""

    def __init__(self) -> None:
        self.streams: list[Frames] = []
        self.open_count = self.most_open = 0
        self.threads: set[int] = set()
        self.rates: list[int] = []
        self.error: Exception | None = None

    def __call__(self, stream: Frames, rate: int) -> "FakeDevices":
        self.threads.add(threading.get_ident())
        if self.error:
            raise self.error
        self.open_count += 1
        self.most_open = max(self.most_open, self.open_count)
        self.rates.append(rate)
        self.streams.append(stream)
        return self

    def close(self) -> None:
        self.open_count -= 1

    def play_all(self, frames: int = 300) -> bytes:
        """Take what the newest stream has."""
        played = b""
        try:
            while True:
                played += self.streams[-1].send(frames)
        except StopIteration:
            return played
