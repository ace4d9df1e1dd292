"""What a comparison derives from runs, without widgets."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config.run import RunConfig
from engine.runs.curves import CurvePoints, Metric, MetricKind, RunCurves, RunSummary
from studio.models.comparison import (
    CurveAxis,
    ShownRun,
    band_of,
    differing_names,
    metrics_of,
    positions,
    seed_groups,
    short_names,
)
from studio.models.loss_text import metric_words
from studio.models.parallel_rows import axis_names, build_axis, usual_axes
from studio.models.run_selection import MAX_RUNS, Highlight, RunSelection
from studio.models.settings_difference import SettingsDifference
from tests.helpers.run_folders import run_config


def config(name: str = "run", **values: Any) -> RunConfig:
    return run_config(Path("/work/runs"), name, **values)


def summary(name: str, best: dict[str, float] | None = None, **values: Any) -> RunSummary:
    return RunSummary(folder=Path(name), config=config(name, **values), best=best or {})


def shown(name: str, *metrics: Metric, **values: Any) -> ShownRun:
    points = CurvePoints(images=np.ones(1), seconds=np.ones(1), values=np.ones(1))
    curves = RunCurves(summary=summary(name, **values), curves=dict.fromkeys(metrics, points))
    return ShownRun(folder=Path(name), name=name, place=0, curves=curves)


def paths(*names: str) -> list[Path]:
    return [Path(name) for name in names]


def test_that_twelve_runs_are_compared_at_most_and_keep_their_colours():
    selection, changes = RunSelection(), []
    selection.changed.connect(lambda: changes.append(selection.folders))
    assert selection.add(paths("a", "b", "a", "c")) == 0
    assert selection.folders == tuple(paths("a", "b", "c"))
    selection.remove(Path("b"))
    assert selection.place_of(Path("c")) == 2
    selection.add(paths("d"))
    assert selection.place_of(Path("d")) == 1, "the colour that is free"
    assert selection.add(Path(f"{n}") for n in range(20)) == 20 - (MAX_RUNS - 3)
    assert len(selection.folders) == MAX_RUNS
    assert selection.is_full
    assert len({selection.place_of(f) for f in selection.folders}) == MAX_RUNS
    selection.rename(Path("a"), Path("z"))
    assert (selection.folders[0], selection.place_of(Path("z"))) == (Path("z"), 0)
    assert selection.replace(paths("c", "n")) == 0
    assert (selection.place_of(Path("c")), selection.place_of(Path("n"))) == (2, 0)
    count = len(changes)
    for change in (
        lambda: selection.remove(Path("none")),
        lambda: selection.add(paths("c")),
        lambda: selection.replace(selection.folders),
    ):
        change()
    assert len(changes) == count, "nothing has changed"
    assert selection.replace(Path(f"{n}") for n in range(14)) == 2
    selection.clear()
    assert selection.folders == ()


def test_that_a_highlight_is_told_once():
    highlight, told = Highlight(), []
    highlight.changed.connect(told.append)
    for folder in (Path("a"), Path("a"), None, None):
        highlight.point_at(folder)
    assert told == [Path("a"), None]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("digits-2026-lr-0.1-seed-1", "digits-2026-lr-0.2-seed-1"),
            ("…0.1-seed-1", "…0.2-seed-1"),
        ),
        (("digits-2026-11-1", "digits-2026-11-2"), ("…1", "…2")),
        (("cats", "dogs"), ("cats", "dogs")),
        (("digits-2026-11-30-1",), ("digits-2026-11-30-1",)),
        # Nothing would be left of the first one.
        (("digits-2026-", "digits-2026-2"), ("digits-2026-", "digits-2026-2")),
    ],
)
def test_that_names_lose_what_they_share(names: tuple[str, ...], expected: tuple[str, ...]):
    assert tuple(short_names(paths(*names)).values()) == expected


def test_that_positions_are_images_minutes_or_steps():
    points = CurvePoints(
        images=np.array([64.0, 128.0]), seconds=np.array([30.0, 90.0]), values=np.zeros(2)
    )
    measured, unknown = config(training__batch_size=32), config(training__batch_size=0)
    assert positions(points, CurveAxis.IMAGES, measured) is points.images
    for axis, expected in ((CurveAxis.TIME, [0.5, 1.5]), (CurveAxis.STEPS, [2.0, 4.0])):
        found = positions(points, axis, measured)
        assert found is not None
        np.testing.assert_allclose(found, expected)
    assert positions(points, CurveAxis.STEPS, unknown) is None
    assert positions(points, CurveAxis.STEPS, None) is None


def test_that_a_band_is_the_median_and_range_where_all_seeds_have_values():
    x = np.arange(0.0, 10.0)
    curves = [(x, x), (x, 3 * x), (x[2:6] + 0.5, 2 * x[2:6])]
    band = band_of(curves)
    assert band is not None
    assert band.x.tolist() == [3, 4, 5]
    # The third is interpolated: 2 (x - 0.5).
    assert band.median.tolist() == [5, 7, 9]
    assert (band.low.tolist(), band.high.tolist()) == ([3, 4, 5], [9, 12, 15])
    assert band_of([(x, x), (x + 100, x)]) is None
    assert band_of([(x, x), (x[:0], x[:0])]) is None


def test_that_seeds_of_one_configuration_are_a_group():
    configs = {
        Path("a"): config("a", seed=1),
        Path("b"): config("b", seed=2),
        Path("c"): config("c", seed=1, training__learning_rate=0.01),
        Path("d"): config("d", seed=3, dataset=Path("/other")),
        Path("torn"): None,
        Path("torn too"): None,
    }
    expected = [paths("a", "b"), paths("c"), paths("d"), paths("torn"), paths("torn too")]
    assert seed_groups(configs) == expected


def test_that_only_settings_that_differ_are_listed_in_the_order_of_the_form():
    one = config(seed=1, training__learning_rate=0.004)
    two = config(seed=2, training__learning_rate=0.002)
    assert differing_names([one, two]) == ["seed", "training.learning_rate"]
    assert differing_names([one]) == []
    other = config(seed=1, dataset=Path("/other/cats"), training__learning_rate=0.004)
    assert differing_names([one, other]) == ["dataset"]


def test_that_settings_of_another_family_do_not_differ():
    gan = config(training__adversarial_loss="hinge")
    vae = config(family="mvae")
    names = differing_names([gan, vae])
    assert "family" in names
    assert "training.adversarial_loss" not in names


def test_that_the_table_is_copied_as_csv_with_dotted_names():
    table = SettingsDifference()
    table.show_runs([shown("a", training__learning_rate=0.004), shown("b", family="mvae", seed=4)])
    lines = table.csv_text().splitlines()
    assert lines[0] == "setting,a,b"
    assert "seed,0,4" in lines
    assert "training.learning_rate,0.004,0.002" in lines
    assert not any(line.startswith("training.adversarial_loss") for line in lines)
    table.show_runs([shown("a"), shown("b")])
    assert table.rowCount() == 0


def test_that_metrics_begin_with_the_usual_figures():
    names = [
        Metric(MetricKind.TRAINING, "real_score"),
        Metric(MetricKind.LOSS, "generator"),
        Metric(MetricKind.QUALITY, "distinct_1"),
        Metric(MetricKind.QUALITY, "joint_coherence"),
        Metric(MetricKind.QUALITY, "kid"),
    ]
    order = [metric.name for metric in metrics_of([shown("a", *names)])]
    assert order == ["kid", "joint_coherence", "generator", "distinct_1", "real_score"]
    words = [metric_words(metric)[0] for metric in names]
    assert words == [
        "Training: real_score",
        "Loss: Generator",
        "Texts: Distinct words",
        "Coherence: Pairs",
        "Images: KID × 1000",
    ]


def test_that_axes_are_settings_that_differ_and_then_figures():
    runs = [
        summary("a", {"kid": 0.1}, training__learning_rate=0.001, seed=1),
        summary("b", {"kid": 0.2, "recall": 0.5}, training__learning_rate=0.1, device="cpu"),
        summary("c", training__learning_rate=0.01, reporting__keep_last=9),
    ]
    names = axis_names(runs)
    assert names == ["seed", "training.learning_rate", "figure:kid", "figure:recall"]
    assert usual_axes([f"s{n}" for n in range(9)] + names[2:])[-3:] == ["s5", *names[2:]]
    rate = build_axis("training.learning_rate", runs)
    # A hundredfold range is logarithmic.
    np.testing.assert_allclose(rate.positions, [0, 1, 0.5])
    assert [text for _place, text in rate.ticks] == ["0.001", "0.01", "0.1"]
    kid = build_axis("figure:kid", runs)
    np.testing.assert_allclose(kid.positions, [0, 1, np.nan])
    assert [text for _place, text in kid.ticks] == ["100", "200"], "shown in thousandths"


def test_that_choices_are_placed_in_their_order():
    runs = [
        summary("a", training__adversarial_loss="hinge"),
        summary("b", training__adversarial_loss="non-saturating"),
        summary("c", family="mvae"),
    ]
    axis = build_axis("training.adversarial_loss", runs)
    np.testing.assert_allclose(axis.positions, [1, 0, np.nan])
    assert [text for _place, text in axis.ticks] == ["Non-saturating", "Hinge"]
    dataset = build_axis("dataset", [*runs, summary("d", dataset=Path("/x/cats"))])
    assert [text for _place, text in dataset.ticks] == ["cats", "digits"]


def test_that_equal_figures_have_a_place():
    axis = build_axis("figure:kid", [summary("a", {"kid": 0.1}), summary("b", {"kid": 0.1})])
    np.testing.assert_allclose(axis.positions, [0, 0])
