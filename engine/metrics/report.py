"""Report of an evaluation: its metrics, and its formats for files and terminals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from engine.metrics.verdict import KID_NOTE, Verdict, worded

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Images": ("kid", "fid", "grid"),
    "Texture": ("texture", *(f"texture_{side}" for side in (128, 64, 32, 16, 8))),
    "Fidelity and variety": ("precision", "recall", "density", "coverage"),
    "Coherence": ("joint_coherence", "text_to_image", "image_to_text", "match"),
    "Modes": ("covered_modes", "smallest_share", "mode_kl"),
    "Texts": (
        *("text_validity", "unique_share", "distinct_1", "distinct_2"),
        *("known_words", "known_bigrams", "bleu", "self_bleu", "copied_share"),
    ),
    "Memory": ("memorisation", "novelty"),
}
TABLES = (
    "field_distance",
    "correlation_difference",
    "missing_difference",
    "train_on_synthetic",
    "nearest_record",
    "record_memorisation",
    "record_novelty",
)
"""Metrics of a column of tables, whose name follows after a slash."""
BESIDE = ("std", "baseline", "upper_bound", "n")
"""Suffixes of values that accompany a metric."""
SOUND = "sound_"
"""Mark of the metrics of a column of sounds, whose name follows after a slash."""
SOUNDS = tuple(
    f"{SOUND}{name}"
    for name in ("kid", "precision", "recall", "density", "coverage", "memorisation", "novelty")
)
COHERENCE, MADE, AND = "coherence/", ">", "+"
"""Marks of the cells of the coherence matrix in the names of metrics; no column's name has them."""


def cell_name(given: Sequence[str], made: str) -> str:
    """Name a cell of the coherence matrix: ``coherence/text+speech>image``.

    Where nothing is given, ``made`` names the columns that are compared: ``coherence/>text+image``.
    """
    return f"{COHERENCE}{AND.join(given)}{MADE}{made}"


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """Metrics of one model's samples."""

    metrics: Mapping[str, float]
    """By name, with ``kid_std``, ``joint_coherence_baseline`` and the like beside theirs."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """By name: why a metric is missing."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Run, images seen, samples, seed, dataset, evaluator."""
    field_distances: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By column of tables, the distance of each field's distributions, 0 equal to 1 disjoint."""
    verdict: Verdict | None = None

    def to_json(self) -> str:
        """Format as JSON."""
        table: dict[str, Any] = {
            "about": dict(self.about),
            "metrics": {name: round(value, 6) for name, value in self.metrics.items()},
            "absent": dict(self.absent),
        }
        if self.field_distances:
            table["field_distances"] = {
                column: {name: round(value, 6) for name, value in distances.items()}
                for column, distances in self.field_distances.items()
            }
        if self.verdict is not None:
            sentence, advice = worded(self.verdict)
            table["verdict"] = {
                "claims": list(self.verdict.claims),
                "remedy": self.verdict.remedy,
                "reason": self.verdict.reason,
                "figures": dict(self.verdict.figures),
                "text": f"{sentence} {advice}",
            }
        return json.dumps(table, ensure_ascii=False, indent=1) + "\n"

    def to_text(self) -> str:
        """Format as a table for a terminal."""
        lines = [f"{name}: {value}" for name, value in self.about.items()]
        for title, names in GROUPS.items():
            known = [name for name in names if name in self.metrics or name in self.absent]
            if known:
                lines += ["", title, *map(self._line, known)]
            if "kid" in self.metrics and "kid" in names:
                lines += wrap(KID_NOTE, 78, initial_indent="  ", subsequent_indent="  ")
        lines += self._sound_lines() + self._table_lines() + self._matrix_lines()
        if self.verdict is not None:
            lines += ["", *worded(self.verdict)]
        return "\n".join(lines)

    def _line(self, name: str) -> str:
        if name not in self.metrics:
            return f"  {name:<18} -         ({self.absent[name]})"
        beside = [
            f"{ending} {self.metrics[f'{name}_{ending}']:.4g}"
            for ending in BESIDE
            if f"{name}_{ending}" in self.metrics
        ]
        note = f"({', '.join(beside)})" if beside else ""
        return f"  {name:<18} {self.metrics[name]:<9.4g} {note}".rstrip()

    def _sound_lines(self) -> list[str]:
        """Format the metrics of each column of sounds."""
        first = f"{SOUNDS[0]}/"
        columns = [
            name.removeprefix(first)
            for name in self.metrics
            if name.startswith(first) and f"{name}_baseline" in self.metrics
        ]
        lines: list[str] = []
        for column in columns:
            known = [f"{stem}/{column}" for stem in SOUNDS if f"{stem}/{column}" in self.metrics]
            lines += ["", f"Sounds {column}", *map(self._line, known)]
        return lines

    def _table_lines(self) -> list[str]:
        """Format the metrics of each column of tables."""
        lines: list[str] = []
        for column, distances in self.field_distances.items():
            known = [f"{stem}/{column}" for stem in TABLES]
            known = [name for name in known if name in self.metrics or name in self.absent]
            lines += ["", f"Table {column}", *map(self._line, known), "  distance of each field"]
            lines += [f"    {name:<24} {value:.4g}" for name, value in distances.items()]
        return lines

    def _matrix_lines(self) -> list[str]:
        """Format the coherence matrix: a row for what is given, a column for what is made."""
        if COHERENCE in self.absent:
            return ["", f"Coherence matrix: {self.absent[COHERENCE]}"]
        cells = {
            tuple(name.removeprefix(COHERENCE).split(MADE, 1)): self._cell(name)
            for name in self.metrics
            if name.startswith(COHERENCE) and f"{name}_baseline" in self.metrics
        }
        if not cells:
            return []
        together = [made for given, made in cells if not given]
        rows = [*dict.fromkeys(given for given, _made in cells if given)]
        columns = [*dict.fromkeys(made for given, made in cells if given)]
        wide = max(map(len, ["given", *together, *rows]))
        lines = [
            "",
            "Coherence matrix: agreement (chance, real items)",
            "  of all made from nothing",
        ]
        lines += [f"  {made:<{wide}}  {cells['', made]}" for made in together]
        lines.append(_row("given", columns, wide))
        lines += [
            _row(row, [cells.get((row, made), "-") for made in columns], wide) for row in rows
        ]
        return lines

    def _cell(self, name: str) -> str:
        beside = [
            f"{self.metrics[f'{name}_{suffix}']:.2f}"
            for suffix in ("baseline", "upper_bound")
            if f"{name}_{suffix}" in self.metrics
        ]
        return f"{self.metrics[name]:.3f} ({', '.join(beside)})"


def _row(title: str, entries: Sequence[str], wide: int) -> str:
    return "  ".join((f"  {title:<{wide}}", *(f"{entry:<18}" for entry in entries))).rstrip()
