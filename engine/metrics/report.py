"""What an evaluation found, as values, as JSON and as a table to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Pictures": ("kid", "fid"),
    "Fidelity and variety": ("precision", "recall", "density", "coverage"),
    "Coherence": ("joint_coherence", "text_to_image", "image_to_text"),
    "Modes": ("covered_modes", "smallest_share", "mode_kl"),
    "Texts": (
        *("text_validity", "unique_share", "distinct_1", "distinct_2"),
        *("bleu", "self_bleu", "copied_share"),
    ),
    "Memory": ("memorisation", "novelty"),
}
BESIDE = ("std", "chance", "ceiling", "floor", "n")
"""What may stand beside a figure, under its name and this ending."""


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """Figures of one model's samples."""

    figures: Mapping[str, float]
    """By name; ``kid_std``, ``joint_coherence_chance`` and their like stand beside theirs."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """By name: why a figure is not there."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Run, images seen, samples, seed, dataset, evaluator."""

    def to_json(self) -> str:
        """Write it as JSON."""
        table = {
            "about": dict(self.about),
            "figures": {name: round(value, 6) for name, value in self.figures.items()},
            "absent": dict(self.absent),
        }
        return json.dumps(table, ensure_ascii=False, indent=1) + "\n"

    def to_text(self) -> str:
        """Write it as a table for a terminal."""
        lines = [f"{name}: {value}" for name, value in self.about.items()]
        for title, names in GROUPS.items():
            lines += ["", title, *(self._line(name) for name in names if self._knows(name))]
        return "\n".join(lines)

    def _knows(self, name: str) -> bool:
        return name in self.figures or name in self.absent

    def _line(self, name: str) -> str:
        if name not in self.figures:
            return f"  {name:<18} -         ({self.absent[name]})"
        beside = [
            f"{ending} {self.figures[f'{name}_{ending}']:.4g}"
            for ending in BESIDE
            if f"{name}_{ending}" in self.figures
        ]
        note = f"({', '.join(beside)})" if beside else ""
        return f"  {name:<18} {self.figures[name]:<9.4g} {note}".rstrip()
