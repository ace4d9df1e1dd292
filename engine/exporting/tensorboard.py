"""TensorBoard event files, written without TensorFlow or protobuf.

A file is a TFRecord: for each event its length, a checksum of the length, the event, and a checksum
of the event. An event is a protobuf message; only the few fields that curves need are written.

Source: ``tensorflow/core/lib/io/record_writer.h`` (framing), ``tensorflow/core/util/event.proto``
and ``tensorflow/core/framework/summary.proto`` (field numbers). Does not import torch.
"""

import logging
import struct
import time
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path

from engine.events import EvaluationCompleted, MetricsReported, RolledBack, RunEvent, RunResumed
from engine.fs.atomic import files

FOLDER = "tensorboard"
"""Subfolder of a run with its event files."""
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
"""Wire types of protobuf."""
_CASTAGNOLI = 0x82F63B78
"""Polynomial of CRC-32C, reflected."""

log = logging.getLogger(__name__)


def _table() -> Iterator[int]:
    for value in range(256):
        for _bit in range(8):
            value = value >> 1 ^ (_CASTAGNOLI if value & 1 else 0)  # noqa: PLW2901 (bit by bit)
        yield value


_CRC = tuple(_table())


def masked_crc32c(content: bytes) -> int:
    """Return the rotated checksum of a record, which is no checksum of its own bytes."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(content: bytes) -> bytes:
    """Frame an event."""
    length = struct.pack("<Q", len(content))
    checksums = (struct.pack("<I", masked_crc32c(part)) for part in (length, content))
    return length + next(checksums) + content + next(checksums)


def scalars_event(values: Mapping[str, float], step: int, wall_time_s: float) -> bytes:
    """Encode values of curves at a step: ``Event.summary``, with a ``simple_value`` for each."""
    summary = b"".join(
        _field(1, _field(1, tag.encode()) + _key(2, _FLOAT) + struct.pack("<f", value))
        for tag, value in values.items()
    )
    return _event(step, wall_time_s) + _field(5, summary)


def version_event(wall_time_s: float) -> bytes:
    """Encode ``Event.file_version``, which comes first in a file."""
    return _event(0, wall_time_s) + _field(3, b"brain.Event:2")


def restart_event(step: int, wall_time_s: float) -> bytes:
    """Encode ``Event.session_log`` with ``START``: reports from the step on are void."""
    return _event(step, wall_time_s) + _field(7, _key(1, _VARINT) + _varint(1))


def _event(step: int, wall_time_s: float) -> bytes:
    time_field = _key(1, _DOUBLE) + struct.pack("<d", wall_time_s)
    return time_field + _key(2, _VARINT) + _varint(step)


def _field(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def values_of(event: RunEvent) -> tuple[dict[str, float], int] | None:
    """Return the values of an event by tag, and the images seen; None if it has no curves."""
    match event:
        case MetricsReported(progress=progress):
            values = {f"loss/{name}": value for name, value in event.losses.items()}
            values |= {f"training/{name}": value for name, value in event.metrics.items()}
            values["training/images_per_s"] = progress.images_per_s
            return values, progress.images_seen
        case EvaluationCompleted(metrics=metrics, images_seen=images_seen):
            return {f"quality/{name}": value for name, value in metrics.items()}, images_seen
        case _:
            return None


class EventFile:
    """Writes the events of a run to a new event file while it trains.

    A disk that fails is logged once and ends the file, never the run.

    Args:
        folder: of the event files; it is created.
    """

    def __init__(self, folder: Path) -> None:
        self._file: FileIO | None = None
        now = time.time()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = files.create(folder / file_name(now))
        except OSError as error:
            log.warning("No event file is written to %s: %s", folder, error)
        self._add(version_event(now))

    def record(self, event: RunEvent) -> None:
        """Write what an event says of the curves, if anything."""
        match event:
            case RunResumed(images_seen=images_seen) | RolledBack(images_seen=images_seen):
                # TensorBoard drops what is at the step of a restart, too.
                self._add(restart_event(images_seen + 1, time.time()))
            case _:
                found = values_of(event)
                if found is not None:
                    self._add(scalars_event(*found, time.time()))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add(self, content: bytes) -> None:
        if self._file is None:
            return
        try:
            files.write(self._file, record(content))
        except OSError as error:
            log.warning("The event file ends: %s", error)
            self.close()


def file_name(wall_time_s: float) -> str:
    """Return a name by which TensorBoard knows an event file; names sort by time."""
    return f"events.out.tfevents.{int(wall_time_s)}.diptych.{time.monotonic_ns()}"
