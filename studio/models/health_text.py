"""What is wrong with a run, in plain words, and what to try."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from engine.events import Alarm

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Advice:
    """An alarm in the user's language."""

    trouble: str
    remedy: str


def advice(alarm: Alarm) -> Advice:
    """Say what an alarm means and what to change."""
    return {
        Alarm.MODE_COLLAPSE: Advice(
            translate("Health", "The generator makes the same thing again and again."),
            translate("Health", "Try a larger batch, relativistic pairing, or a lower rate."),
        ),
        Alarm.CRITIC_WINNING: Advice(
            translate("Health", "The critic is never wrong, so the generator learns nothing."),
            translate("Health", "Try a larger penalty (gamma), R1 as regularizer, or fewer steps."),
        ),
        Alarm.OVERFITTING: Advice(
            translate("Health", "The critic knows the training pairs by heart."),
            translate("Health", "Try augmentation, a smaller critic, or more data."),
        ),
        Alarm.NON_FINITE: Advice(
            translate("Health", "A loss is no longer a number."),
            translate("Health", "Try a lower learning rate, or full precision (fp32)."),
        ),
    }[alarm]


def evidence_text(evidence: Mapping[str, float]) -> str:
    """Write the figures that tell."""
    return ", ".join(f"{name} {value:.3g}" for name, value in sorted(evidence.items()))
