"""Measure a run on *Cell cases*: usefulness of its rows, and agreement of its columns.

    python packaging/measure_cell_cases.py --run DIR [--count 500] [--seed 1]

Texts and rows are read by the rules that wrote the reports, pictures by a judge that was trained on
fresh drawings of the training cases; its agreement with held-out items is the ceiling of that of
made pictures. Given items are held out.

Shapes: N items.
"""

from collections.abc import Mapping

import numpy as np
from starter_judges import (
    Draw,
    Labels,
    MeasuredRun,
    PictureJudge,
    Pictures,
    cells_of,
    load_judge,
    parse_arguments,
    places,
    print_agreement,
    print_heading,
)

import resources
from engine.data.facts import TableFacts
from engine.data.store import TRAIN, VALIDATION
from engine.data.table_cells import Column, read_numbers
from engine.metrics.tables import (
    correlation_difference,
    field_distances,
    nearest_record_metrics,
    train_on_synthetic,
)
from engine.sample.sampler import Samples
from engine.starters.cell_cases import (
    CASES_FILE,
    DIAGNOSES,
    DIAGNOSIS,
    MEASUREMENTS,
    OUTLINES,
    SIZES,
    TEXTURES,
    describe,
    draw_nuclei,
    read_cases,
)

TABLE = "measurements"
ROWS = 2_000
"""Generated rows at least from which the table's figures are computed."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "size": tuple(SIZES),
    "outline": tuple(OUTLINES),
    "texture": tuple(TEXTURES),
    DIAGNOSIS: DIAGNOSES,
}
"""Classes of each fact."""
RANK_JITTER = 0.03
"""Standard deviation of a drawing's measurements about those of a case, as ranks in [0, 1]."""


def main() -> None:
    """Print the figures of the table, then agreement from noise and in each direction."""
    arguments = parse_arguments(__doc__)
    run = MeasuredRun.open(arguments.run)
    print_heading(arguments.run, run)
    made = run.from_noise(max(ROWS, arguments.count), arguments.seed)
    _print_table_figures(run, cells_of(made, TABLE))
    judge = load_judge("cell-cases", case_artist(run), _sizes())
    judge.print_accuracy()
    items = run.held_out(arguments.count)
    real = _read(run.round_trip(items, [*run.loaded.model.columns]), judge)
    _print_all_agreements("held-out items", real)
    _print_all_agreements("from noise", _read(made, judge))
    for given in real:
        found = _read(run.complete(items, [given], arguments.seed), judge)
        for name in found.keys() - {given}:
            print_agreement(f"given {given}, {name} = item", found[name], real[TABLE])


def _sizes() -> Mapping[str, int]:
    return {fact: len(words) for fact, words in WORDS.items()}


def _print_table_figures(run: MeasuredRun, made: Mapping[str, Column]) -> None:
    facts = run.loaded.model.columns[TABLE]
    if not isinstance(facts, TableFacts):
        raise TypeError(f"the column '{TABLE}' holds no rows")
    fields = facts.fields
    column = run.dataset.table(TABLE)
    training, held_out = (
        column.of(run.dataset.complete_rows(split, [TABLE])) for split in (TRAIN, VALIDATION)
    )
    scores = train_on_synthetic(
        fields, DIAGNOSIS, training=training, made=made, validation=held_out
    )
    print(
        f"diagnosis of held-out cases: trained on made rows {scores['train_on_synthetic']:.3f}, "
        f"on real rows {scores['train_on_real']:.3f}, majority {scores['majority']:.3f}"
    )
    for title, table in (("made rows", made), ("held-out rows", held_out)):
        distance = np.mean([*field_distances(fields, training, table).values()])
        print(
            f"{title}: correlation difference {correlation_difference(fields, training, table):.3f}"
            f", distance of distributions {distance:.3f}"
        )
    copies = nearest_record_metrics(fields, training=training, made=made, validation=held_out)
    print(
        f"nearest training row: {copies['nearest_record']:.3f} "
        f"(held-out rows {copies['nearest_record_baseline']:.3f})"
    )


def _print_all_agreements(title: str, read: Mapping[str, Labels]) -> None:
    print_agreement(f"{title}: text = row", read["text"], read[TABLE])
    if "image" in read:
        print_agreement(f"{title}: picture = text", read["image"], read["text"])
        print_agreement(f"{title}: picture = row", read["image"], read[TABLE])


def _read(samples: Samples, judge: PictureJudge) -> dict[str, Labels]:
    """Read the facts that each column states, by column."""
    read: dict[str, Labels] = {
        "text": read_reports(samples.texts),
        TABLE: read_rows(cells_of(samples, TABLE)),
    }
    if samples.images.size:
        read["image"] = judge.read(samples.images)
    return read


def read_reports(texts: tuple[str, ...]) -> Labels:
    """Read reports of the form of ``cell_cases.report``; others have no facts."""
    facts = [_report_words(text) for text in texts]
    return {fact: places([each[fact] for each in facts], words) for fact, words in WORDS.items()}


def _report_words(text: str) -> Mapping[str, str]:
    words = text.replace(",", " ").split()
    # "large nuclei with dented outlines and coarse texture, malignant"
    frame = {1: "nuclei", 2: "with", 4: "outlines", 5: "and", 7: "texture"}
    if len(words) != 9 or any(words[place] != word for place, word in frame.items()):
        return dict.fromkeys(WORDS, "")
    return dict(zip(WORDS, (words[0], words[3], words[6], words[8]), strict=True))


def read_rows(cells: Mapping[str, Column]) -> Labels:
    """Describe rows by the rules that write reports."""
    table = {name: read_numbers(cells[name]) for name in MEASUREMENTS}
    described = [describe(table, case) for case in range(len(cells[DIAGNOSIS]))]
    found = {
        fact: places([each[fact] for each in described], words)
        for fact, words in WORDS.items()
        if fact != DIAGNOSIS
    }
    return {**found, DIAGNOSIS: places(cells[DIAGNOSIS], DIAGNOSES)}


def case_artist(run: MeasuredRun) -> Draw:
    """Return a function that draws cases like those of the training split.

    Each drawing has measurements of its own, close to those of a case: there are too few cases to
    learn from them alone. Held-out cases are not among them.
    """
    known, _diagnoses = read_cases(resources.starters_folder() / "cell-cases" / CASES_FILE)
    scale = {name: np.sort(known[name]) for name in MEASUREMENTS}
    column = run.dataset.table(TABLE)
    cells = column.of(run.dataset.complete_rows(TRAIN, [TABLE]))
    values = np.stack([read_numbers(cells[name]) for name in MEASUREMENTS], 1)
    values, first = np.unique(values, axis=0, return_index=True)
    diagnoses = places(cells[DIAGNOSIS], DIAGNOSES)[first]
    ranks = np.stack(
        [
            np.searchsorted(scale[name], values[:, place]) / (len(scale[name]) - 1)
            for place, name in enumerate(MEASUREMENTS)
        ],
        1,
    )

    def draw(count: int, rng: np.random.Generator) -> tuple[Pictures, Labels]:
        cases = rng.integers(len(ranks), size=count)
        near = (ranks[cases] + rng.normal(0, RANK_JITTER, (count, len(MEASUREMENTS)))).clip(0, 1)
        columns = {name: near[:, place] for place, name in enumerate(MEASUREMENTS)}
        numbers = {name: np.quantile(scale[name], columns[name]) for name in MEASUREMENTS}
        pictures = draw_nuclei(columns, np.arange(count), rng)
        described = read_rows({**numbers, DIAGNOSIS: [DIAGNOSES[k] for k in diagnoses[cases]]})
        return pictures, described

    return draw


if __name__ == "__main__":
    main()
