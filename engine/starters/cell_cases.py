"""Measurements of cell nuclei with diagnosis, report and drawing.

The measurements are real: ten means of each of the 569 cases of Breast Cancer Wisconsin
(Diagnostic), Wolberg et al. 1995, doi:10.24432/C5DW2B, described by Street et al. 1993,
doi:10.1117/12.148698. Report and drawing are made from them by the rules of this module; no
picture shows a cell that anybody has seen. Made from a table, not for diagnosis.

Shapes: N items, K cases, B drawings of a batch, A angles of an outline, S side in pixels.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.data.manifest import TRAIN, VALIDATION
from engine.errors import DatasetCorruptError
from engine.starters.bundled import read_bundled
from engine.starters.canvas import Canvas, Floats, draw_in_batches
from engine.starters.columns import Images, StarterColumns, one_to_one

CASES_FILE = "cases.csv"
DIAGNOSIS = "diagnosis"
DIAGNOSES = ("benign", "malignant")
MEASUREMENTS = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave_points",
    "symmetry",
    "fractal_dimension",
)
"""Means over the nuclei of a case. The source names no units."""
DRAWINGS = 20
"""Of each case."""
HELD_OUT_SHARE = 0.2
"""Of the cases of each diagnosis; all drawings of a case are in one split."""

SIZES = {"small": 12.0, "medium": 15.0, "large": np.inf}
OUTLINES = {"even": 0.03, "uneven": 0.07, "dented": np.inf}
TEXTURES = {"fine": 18.8, "coarse": np.inf}
"""Upper bounds of radius, concave points and texture for each word of a report."""

SIDE = 32
ANGLES = 128
LEAST_RADIUS, MOST_RADIUS = 4.5, 11.0
"""Mean radius of the drawn nucleus of the smallest and of the largest case, in pixels."""
LEAST_GRAIN, MOST_GRAIN = 3.0, 40.0
"""Standard deviation of the brightness within a nucleus, for the finest and coarsest texture."""
MOST_DENTS = 7
SLIDE, CYTOPLASM = (250, 242, 246), (243, 200, 220)
NUCLEUS, NUCLEOLUS = (128, 82, 172), (78, 40, 118)

Table = Mapping[str, npt.NDArray[np.floating]]


def build(source: Path, drawings: int = DRAWINGS, seed: int = 0) -> StarterColumns:
    """Draw every case and write its report.

    Args:
        source: folder with ``CASES_FILE``.
        drawings: number of drawings of each case.
        seed: seed of drawings and split.

    Returns:
        Columns ``image``, ``text`` (report) and ``measurements`` (with the diagnosis).

    Raises:
        DatasetMissingError, DatasetCorruptError: the table is missing or damaged.
    """
    rng = np.random.default_rng(seed)
    table, diagnoses = read_cases(source / CASES_FILE)
    facts = [
        {**describe(table, case), DIAGNOSIS: diagnosis} for case, diagnosis in enumerate(diagnoses)
    ]
    cases = np.arange(len(diagnoses)).repeat(drawings)
    of_items = cases.tolist()
    split = _split_cases(diagnoses, rng)
    measurements = {name: values[cases].tolist() for name, values in table.items()}
    return StarterColumns(
        images={"image": draw_nuclei(_ranks(table), cases, rng)},
        rows={"image": one_to_one(len(cases))},
        texts={"text": [report(facts[case]) for case in of_items]},
        tables={
            "measurements": {**measurements, DIAGNOSIS: [diagnoses[case] for case in of_items]}
        },
        split=[split[case] for case in of_items],
        attributes=[{**facts[case], "case": str(case)} for case in of_items],
    )


def read_cases(path: Path) -> tuple[Table, Sequence[str]]:
    """Read the table.

    Returns:
        [K] values of each measurement, and K diagnoses.

    Raises:
        DatasetMissingError, DatasetCorruptError: the file is missing or damaged.
    """
    content = read_bundled(path)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
        table = {name: np.array([float(row[name]) for row in rows]) for name in MEASUREMENTS}
        diagnoses = [row[DIAGNOSIS] for row in rows]
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise DatasetCorruptError(path.parent, f"{path.name}: {error}") from error
    if not rows or not set(diagnoses) <= set(DIAGNOSES):
        raise DatasetCorruptError(path.parent, f"{path.name} has no cases or unknown diagnoses")
    return table, diagnoses


def describe(table: Table, case: int) -> Mapping[str, str]:
    """Return the words of a case's report by what they describe."""
    scales = {
        "size": ("radius", SIZES),
        "outline": ("concave_points", OUTLINES),
        "texture": ("texture", TEXTURES),
    }
    return {
        fact: next(word for word, bound in words.items() if table[name][case] <= bound)
        for fact, (name, words) in scales.items()
    }


def report(facts: Mapping[str, str]) -> str:
    """Write a report, for example ``large nuclei with dented outlines and coarse texture, ...``."""
    return (
        f"{facts['size']} nuclei with {facts['outline']} outlines and {facts['texture']} texture, "
        f"{facts[DIAGNOSIS]}"
    )


def _split_cases(diagnoses: Sequence[str], rng: np.random.Generator) -> Sequence[str]:
    """Hold out the same share of each diagnosis."""
    split = [TRAIN] * len(diagnoses)
    for diagnosis in DIAGNOSES:
        cases = rng.permutation([k for k, found in enumerate(diagnoses) if found == diagnosis])
        for case in cases[: int(HELD_OUT_SHARE * len(cases))]:
            split[case] = VALIDATION
    return split


def _ranks(table: Table) -> Table:
    """Replace measurements by their rank among the cases, in [0, 1]: skewed ones become visible."""
    return {
        name: np.searchsorted(np.sort(values), values) / max(1, len(values) - 1)
        for name, values in table.items()
    }


def draw_nuclei(ranks: Table, cases: npt.NDArray[np.integer], rng: np.random.Generator) -> Images:
    """Draw one nucleus in its cell for each item.

    Radius gives the size, concavity the depth of dents and concave points their number, compactness
    the elongation, symmetry a bulge on one side, smoothness and fractal dimension the roughness of
    the outline, texture the grain.

    Args:
        ranks: [K] values in [0, 1] of each measurement.
        cases: [N] case of each item.
        rng: source of everything that the table leaves open.

    Returns:
        [N, S, S, 3].
    """

    def draw(items: slice) -> Images:
        return _draw_batch({name: values[cases[items]] for name, values in ranks.items()}, rng)

    return draw_in_batches(len(cases), SIDE, draw)


def _draw_batch(ranks: Table, rng: np.random.Generator) -> Images:
    count = len(ranks["radius"])
    canvas = Canvas(count, SIDE)
    canvas.fill(SLIDE)
    x, y = SIDE / 2 + rng.uniform(-1.2, 1.2, (2, count))
    radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * ranks["radius"]
    outline = (radius[:, None] * _outlines(ranks, rng)).astype(np.float32)
    angle = canvas.angles(x, y)
    places = (angle * np.float32(ANGLES / (2 * np.pi))).astype(np.int32) % ANGLES
    reach = outline[np.arange(count)[:, None, None], places]
    cell = 3.5 + 0.75 * radius[:, None, None] + 0.35 * reach
    canvas.paint(canvas.blob(x, y, cell.astype(np.float32)), CYTOPLASM)
    nucleus = canvas.blob(x, y, reach)
    stain = rng.uniform(-10, 10, (count, 1))
    canvas.paint(nucleus, np.array(NUCLEUS) + stain)
    turn = rng.uniform(0, 2 * np.pi, count)
    shift = 0.3 * radius
    nucleolus = canvas.disc(x + shift * np.cos(turn), y + shift * np.sin(turn), 0.2 * radius)
    canvas.paint(nucleolus, np.array(NUCLEOLUS) + stain)
    canvas.pixels += nucleus * _grain(ranks["texture"], rng)
    return canvas.to_bytes()


def _outlines(ranks: Table, rng: np.random.Generator) -> npt.NDArray[np.floating]:
    """Distance of each outline from its centre, relative to the mean: [B, A]."""
    count = len(ranks["radius"])
    angles = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    phases = rng.uniform(0, 2 * np.pi, (4, count, 1))
    outline = 1 + 0.14 * ranks["compactness"][:, None] * np.cos(2 * angles - phases[0])
    outline += 0.08 * ranks["symmetry"][:, None] * np.cos(angles - phases[1])
    outline += 0.035 * ranks["smoothness"][:, None] * np.cos(11 * angles - phases[2])
    outline += (
        0.05
        * ranks["fractal_dimension"][:, None]
        * rng.normal(size=(count, ANGLES // 4)).repeat(4, axis=1)
    )
    dents = np.rint(1 + (MOST_DENTS - 1) * ranks["concave_points"])[:, None]
    # A power of a cosine is flat between narrow dents; as many of them as the cosine has periods.
    warped = angles + 0.35 * np.sin(angles - phases[0])
    shape = ((1 + np.cos(dents * warped - phases[3])) / 2) ** 3
    depth = 1 + 0.4 * np.cos(angles - phases[2])
    outline -= 0.32 * ranks["concavity"][:, None] * depth * shape
    return outline / outline.mean(axis=1, keepdims=True)


def _grain(texture: npt.NDArray[np.floating], rng: np.random.Generator) -> Floats:
    """Brightness of clumps of chromatin, two pixels wide: [B, S, S]."""
    noise = rng.normal(size=(len(texture), SIDE + 1, SIDE + 1)).astype(np.float32)
    clumps = (noise[:, 1:, 1:] + noise[:, :-1, 1:] + noise[:, 1:, :-1] + noise[:, :-1, :-1]) / 2
    contrast = LEAST_GRAIN + (MOST_GRAIN - LEAST_GRAIN) * texture
    return clumps * contrast[:, None, None].astype(np.float32)
