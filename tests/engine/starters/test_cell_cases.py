import collections

import numpy as np
import pytest

import resources
from engine.data.manifest import VALIDATION
from engine.data.starters import STARTERS
from engine.errors import DatasetCorruptError, DatasetMissingError
from engine.starters import cell_cases

SOURCE = resources.starters_folder() / "cell-cases"


@pytest.fixture(scope="module")
def columns():
    return cell_cases.build(SOURCE, drawings=2, seed=1)


def test_that_the_table_is_that_of_the_source(columns):
    table = columns.tables["measurements"]
    assert columns.count == 2 * 569
    assert collections.Counter(table["diagnosis"]) == {"benign": 2 * 357, "malignant": 2 * 212}
    # Ranges and means as scikit-learn describes them.
    assert (min(table["radius"]), max(table["radius"])) == (6.981, 28.11)
    assert (min(table["area"]), max(table["area"])) == (143.5, 2501.0)
    assert (min(table["fractal_dimension"]), max(table["fractal_dimension"])) == (0.04996, 0.09744)
    assert table["radius"][:4] == [17.99, 17.99, 20.57, 20.57]


def test_that_reports_say_what_the_measurements_say(columns):
    table = columns.tables["measurements"]
    for item, text in enumerate(columns.texts["text"]):
        radius, points = table["radius"][item], table["concave_points"][item]
        size = "small" if radius <= 12 else "medium" if radius <= 15 else "large"
        outline = "even" if points <= 0.03 else "uneven" if points <= 0.07 else "dented"
        texture = "fine" if table["texture"][item] <= 18.8 else "coarse"
        diagnosis = table["diagnosis"][item]
        assert text == f"{size} nuclei with {outline} outlines and {texture} texture, {diagnosis}"
        facts = columns.attributes[item]
        assert [facts[name] for name in ("size", "outline", "texture", "diagnosis")] == [
            size,
            outline,
            texture,
            diagnosis,
        ]


def nuclei(columns):
    pictures = columns.images["image"].astype(int)
    return pictures, pictures[..., 1] < 150


def rank_correlation(first, second):
    ranks = np.stack([np.argsort(np.argsort(values)) for values in (first, second)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    return (centred[0] * centred[1]).sum() / np.sqrt(np.square(centred).sum(axis=1).prod())


def test_that_the_drawing_is_as_large_as_the_radius(columns):
    _pictures, is_nucleus = nuclei(columns)
    drawn = np.sqrt(is_nucleus.sum(axis=(1, 2)) / np.pi)
    assert rank_correlation(drawn, columns.tables["measurements"]["radius"]) > 0.97


def test_that_the_drawing_is_as_ragged_as_the_concave_parts(columns):
    _pictures, is_nucleus = nuclei(columns)
    edges = np.abs(np.diff(is_nucleus.astype(int), axis=1)).sum(axis=(1, 2))
    edges = edges + np.abs(np.diff(is_nucleus.astype(int), axis=2)).sum(axis=(1, 2))
    raggedness = edges / np.sqrt(is_nucleus.sum(axis=(1, 2)))
    assert rank_correlation(raggedness, columns.tables["measurements"]["concavity"]) > 0.6


def test_that_the_drawing_is_as_grainy_as_the_texture(columns):
    pictures, is_nucleus = nuclei(columns)
    grain = [
        picture[mask].std() for picture, mask in zip(pictures[..., 0], is_nucleus, strict=True)
    ]
    assert rank_correlation(grain, columns.tables["measurements"]["texture"]) > 0.8


def test_that_a_case_is_held_out_with_all_its_drawings_and_each_diagnosis_alike(columns):
    by_case = collections.defaultdict(set)
    for facts, split in zip(columns.attributes, columns.split, strict=True):
        by_case[facts["case"]].add((split, facts["diagnosis"]))
    assert all(len(kinds) == 1 for kinds in by_case.values())
    held_out = collections.Counter(
        diagnosis for kinds in by_case.values() for split, diagnosis in kinds if split == VALIDATION
    )
    assert held_out == {"benign": 71, "malignant": 42}


def test_that_drawings_follow_from_the_seed(columns):
    again = cell_cases.build(SOURCE, drawings=2, seed=1)
    assert np.array_equal(columns.images["image"], again.images["image"])
    assert columns.split == again.split
    assert not np.array_equal(columns.images["image"][0], columns.images["image"][1])


def test_that_the_warning_is_in_summary_licence_and_notice():
    starter = STARTERS["cell-cases"]
    assert starter.notice == "Made from a table, not for diagnosis"
    licence = (SOURCE / "LICENSE.txt").read_text("utf-8")
    for text in (starter.summary, starter.licence, licence):
        assert "made from a table, not for diagnosis" in text
    for text in (starter.licence, licence):
        assert "10.24432/C5DW2B" in text
    assert "creativecommons.org/licenses/by/4.0" in licence


@pytest.mark.parametrize(
    "content",
    [b"radius\n1\n", b"\xff\xfe", b"", b"radius,diagnosis\nmany,benign\n"],
)
def test_that_a_damaged_table_is_refused(tmp_path, content):
    with pytest.raises(DatasetMissingError):
        cell_cases.build(tmp_path)
    (tmp_path / "cases.csv").write_bytes(content)
    with pytest.raises(DatasetCorruptError):
        cell_cases.build(tmp_path)
