"""Where a branch begins: another run's checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MINUTE_S = 60


@dataclass(frozen=True, kw_only=True)
class BranchStart:
    """A checkpoint to train on from with other settings."""

    source: Path
    """Folder of the other run."""
    checkpoint: Path
    images_seen: int
    elapsed_s: float
    """Training time at the checkpoint."""

    @property
    def minutes(self) -> float:
        """Training time at the checkpoint."""
        return self.elapsed_s / _MINUTE_S

    def to_table(self) -> dict[str, Any]:
        """Give it as JSON can hold it."""
        return {
            "source": str(self.source),
            "checkpoint": str(self.checkpoint),
            "images_seen": self.images_seen,
            "elapsed_s": self.elapsed_s,
        }

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> "BranchStart":
        """Read what ``to_table`` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        return cls(
            source=Path(table["source"]),
            checkpoint=Path(table["checkpoint"]),
            images_seen=int(table["images_seen"]),
            elapsed_s=float(table["elapsed_s"]),
        )
