"""The plots of a comparison as a user has them: brush, point, highlight."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from studio.theme import DARK, LIGHT, palette_of
from studio.widgets.overlay_plot import DARK_RUNS, LIGHT_RUNS, Overlay, OverlayPlot, run_color
from studio.widgets.parallel_axes import ParallelAxes, ParallelAxis, ParallelRow

X = np.linspace(0, 1000, 101)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def plot(qtbot: QtBot) -> OverlayPlot:
    plot = OverlayPlot("images seen", "{0} images")
    qtbot.addWidget(plot)
    plot.resize(600, 320)
    plot.show()
    return plot


def overlay(name: str, level: float, place: int = 0, **more: Any) -> Overlay:
    return Overlay(name, name.upper(), place, X, np.full(len(X), level), **more)


def widths(plot: OverlayPlot) -> dict[str, int]:
    return {name: plot._curves[name].bold.opts["pen"].width() for name in plot.names}


def point_at(plot: OverlayPlot, x: float, y: float) -> None:
    box = plot.plot_item().getViewBox()
    plot.plot_item().scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(x, y)))


def test_that_curves_come_and_go_with_their_runs(plot: OverlayPlot):
    plot.show_overlays([overlay("a", 1.0, 0), overlay("b", 2.0, 7)])
    assert plot.names == ("a", "b")
    assert plot.color("b").name() == run_color(7).name()
    plot.show_overlays([overlay("b", 3.0, 7)])
    assert plot.names == ("b",)
    drawn = [item.getData()[1] for item in plot.plot_item().listDataItems()]
    [line] = [values for values in drawn if values is not None]
    np.testing.assert_allclose(line, 3.0)


def test_that_one_curve_is_bold_wherever_the_highlight_comes_from(plot: OverlayPlot):
    plot.show_overlays([overlay("a", 1.0), overlay("b", 2.0, 1)])
    plot.emphasise("b")
    assert widths(plot) == {"a": 1, "b": 4}
    plot.show_overlays([overlay("a", 1.5), overlay("b", 2.5, 1)])
    assert widths(plot)["b"] == 4, "new points keep it"
    plot.emphasise("")
    assert widths(plot) == {"a": 1, "b": 1}


def test_that_the_pointer_finds_the_nearest_curve(qtbot: QtBot, plot: OverlayPlot):
    plot.show_overlays([overlay("a", 1.0), overlay("b", 2.0, 1)])
    found: list[str] = []
    plot.pointed.connect(found.append)
    point_at(plot, 500, 1.98)
    point_at(plot, 500, 2.01)
    point_at(plot, 500, 1.5)
    point_at(plot, 500, 1.01)
    assert found == ["b", "", "a"]
    point_at(plot, 500, 2.0)
    assert plot.crosshair.text.splitlines() == ["500 images", "A  1", "B  2"]


def test_that_a_band_lies_around_its_curve(plot: OverlayPlot):
    band = (np.full(len(X), 0.5), np.full(len(X), 1.5))
    plot.show_overlays([overlay("a", 1.0, band=band), overlay("b", 2.0, 1)])
    assert set(plot._bands) == {"a"}
    low, high = plot._bands["a"].curves
    assert (low.getData()[1][0], high.getData()[1][0]) == (0.5, 1.5)
    plot.show_overlays([overlay("a", 1.0)])
    assert plot._bands == {}


def test_that_another_axis_is_named_and_fitted(plot: OverlayPlot):
    plot.show_overlays([overlay("a", 1.0)])
    plot.show_axis("minutes trained", "{0} min")
    plot.show_overlays([Overlay("a", "A", 0, X / 100, np.ones(len(X)))])
    assert plot.plot_item().getAxis("bottom").labelText == "minutes trained"
    assert plot.plot_item().getViewBox().viewRange()[0][1] < 12
    point_at(plot, 5, 1.0)
    assert plot.crosshair.text.splitlines()[0] == "5 min"


def test_that_colours_follow_the_scheme(qapp: Any, plot: OverlayPlot):
    assert len(set(LIGHT_RUNS)) == len(set(DARK_RUNS)) == 12
    band = (np.zeros(len(X)), np.ones(len(X)))
    plot.show_overlays([overlay("a", 1.0, 8, band=band)])
    for colors, table in ((DARK, DARK_RUNS), (LIGHT, LIGHT_RUNS)):
        qapp.setPalette(palette_of(colors))
        qapp.sendPostedEvents()
        assert plot._curves["a"].bold.opts["pen"].color().name() == table[8]


# Parallel coordinates


ROWS = ("low", "middle", "high", "unknown")


@pytest.fixture
def axes(qtbot: QtBot) -> ParallelAxes:
    widget = ParallelAxes()
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    columns = {
        "rate": [0.0, 0.5, 1.0, 0.25],
        "seed": [0.0, 0.0, 1.0, 1.0],
        "kid": [1.0, 0.5, 0.0, np.nan],
    }
    widget.show_rows(
        [
            ParallelAxis(
                name=name,
                label=name.title(),
                positions=np.array(values),
                ticks=((0.0, "least"), (1.0, "most")),
            )
            for name, values in columns.items()
        ],
        [ParallelRow(label=name, color=run_color(0) if name == "high" else None) for name in ROWS],
    )
    widget.show()
    return widget


def inside(axes: ParallelAxes) -> list[str]:
    mask = axes.within
    assert mask is not None
    return [name for name, is_in in zip(ROWS, mask, strict=True) if is_in]


def at(axes: ParallelAxes, number: float, position: float) -> QPoint:
    whole = int(number)
    x = axes.axis_x(whole) + (number - whole) * (axes.axis_x(1) - axes.axis_x(0))
    return QPoint(round(x), round(axes.place_y(position)))


def drag(qtbot: QtBot, axes: ParallelAxes, axis: int, start: float, end: float) -> None:
    qtbot.mousePress(axes, LEFT, pos=at(axes, axis, start))
    qtbot.mouseMove(axes, at(axes, axis, (start + end) / 2))
    qtbot.mouseMove(axes, at(axes, axis, end))
    qtbot.mouseRelease(axes, LEFT, pos=at(axes, axis, end))


def test_that_a_drag_brushes_an_axis_and_a_click_removes_it(qtbot: QtBot, axes: ParallelAxes):
    told: list[Any] = []
    axes.brushed.connect(told.append)
    assert axes.within is None
    drag(qtbot, axes, 0, 0.1, 0.6)
    assert inside(axes) == ["middle", "unknown"]
    np.testing.assert_array_equal(told[-1], axes.within)
    qtbot.mouseClick(axes, LEFT, pos=at(axes, 0, 0.9))
    assert told[-1] is None
    assert axes.brushes == {}


def test_that_brushes_of_several_axes_meet(qtbot: QtBot, axes: ParallelAxes):
    drag(qtbot, axes, 0, 0.0, 0.6)
    drag(qtbot, axes, 1, 1.0, 0.8)
    assert inside(axes) == ["unknown"]
    drag(qtbot, axes, 2, 0.0, 1.0)
    assert inside(axes) == [], "a row without a value is outside of every brush on that axis"
    axes.clear_brushes()
    assert axes.within is None


def test_that_a_brush_is_moved_by_its_middle_and_resized_by_its_ends(
    qtbot: QtBot, axes: ParallelAxes
):
    axes.brush("rate", 0.2, 0.4)
    drag(qtbot, axes, 0, 0.3, 0.5)
    low, high = axes.brushes["rate"]
    assert (low, high) == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))
    drag(qtbot, axes, 0, high, 0.9)
    assert axes.brushes["rate"] == (pytest.approx(low), pytest.approx(0.9, abs=0.02))
    drag(qtbot, axes, 0, 0.7, 3.0)
    assert axes.brushes["rate"][1] == 1.0, "it stops at the end of the axis"


def test_that_axes_are_brushed_by_keys_alone(qtbot: QtBot, axes: ParallelAxes):
    for _press in range(2):
        qtbot.keyClick(axes, Qt.Key.Key_Right)
    for _press in range(5):
        qtbot.keyClick(axes, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    for _press in range(3):
        qtbot.keyClick(axes, Qt.Key.Key_Up)
    assert axes.brushes == {"kid": (pytest.approx(0.15), pytest.approx(0.75))}
    assert inside(axes) == ["middle"]
    qtbot.keyClick(axes, Qt.Key.Key_Delete)
    assert axes.within is None


def test_that_the_pointer_finds_lines_and_a_click_chooses_one(qtbot: QtBot, axes: ParallelAxes):
    pointed: list[int] = []
    chosen: list[int] = []
    axes.pointed.connect(pointed.append)
    axes.chosen.connect(chosen.append)
    place = at(axes, 1.5, 0.5)
    # Between the second and the third axis "low" and "high" cross; "middle" is below.
    qtbot.mouseMove(axes, at(axes, 1.5, 0.25))
    qtbot.mouseMove(axes, at(axes, 1.5, 0.9))
    assert [ROWS[n] if n >= 0 else "" for n in pointed] == ["middle", ""]
    qtbot.mouseClick(axes, LEFT, pos=place)
    assert ROWS[chosen[0]] in ("low", "high")
    axes.brush("seed", 0.9, 1.0)
    qtbot.mouseClick(axes, LEFT, pos=place)
    assert ROWS[chosen[1]] == "high", "rows outside of the brush are not found"


def test_that_a_brush_outlives_new_rows_but_not_its_axis(axes: ParallelAxes):
    axes.brush("rate", 0.0, 0.5)
    again = ParallelAxis(name="rate", label="Rate", positions=np.array([0.0, 1.0]))
    other = ParallelAxis(name="loss", label="Loss", positions=np.array([0.0, 1.0]))
    rows = [ParallelRow(label="a"), ParallelRow(label="b")]
    axes.show_rows([again, other], rows)
    assert axes.within is not None
    assert axes.within.tolist() == [True, False]
    axes.show_rows([other], rows)
    assert axes.within is None


def test_that_rows_outside_of_a_brush_are_faint_and_the_highlighted_one_is_bold(
    qtbot: QtBot, axes: ParallelAxes
):
    color = run_color(0).name()

    def count() -> int:
        image = axes.grab().toImage()
        places = ((x, y) for x in range(image.width()) for y in range(0, image.height(), 3))
        return sum(image.pixelColor(x, y).name() == color for x, y in places)

    plain = count()
    axes.emphasise(ROWS.index("high"))
    bold = count()
    axes.emphasise(-1)
    axes.brush("rate", 0.0, 0.1)
    assert bold > 2 * max(plain, 1)
    assert count() == 0
