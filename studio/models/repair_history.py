"""What is to be done about each finding, with a way back and forth."""

from collections.abc import Mapping

from engine.importing.plan import Finding, Repair


class RepairHistory:
    """The repairs chosen, and every step that led there."""

    def __init__(self) -> None:
        self._steps: list[dict[Finding, Repair]] = [{}]
        self._at = 0

    @property
    def repairs(self) -> Mapping[Finding, Repair]:
        """What the user chose; the engine's default holds for the others."""
        return self._steps[self._at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step that was taken back."""
        return self._at + 1 < len(self._steps)

    def choose(self, finding: Finding, repair: Repair) -> None:
        """Take a choice; what had been undone is gone."""
        if self.repairs.get(finding) is not repair:
            del self._steps[self._at + 1 :]
            self._steps.append({**self.repairs, finding: repair})
            self._at += 1

    def undo(self) -> None:
        """Take the last choice back."""
        self._at -= self.can_undo

    def redo(self) -> None:
        """Make again the choice that was taken back last."""
        self._at += self.can_redo
