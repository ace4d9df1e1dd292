import numpy as np
import pytest

from engine.starters.canvas import Canvas


def test_that_a_box_covers_exactly_its_area():
    canvas = Canvas(2, 8)
    cover = canvas.box(np.array([1.25, 3.0]), 2.0, np.array([4.75, 3.5]), 6.5)
    assert cover.sum(axis=(1, 2)) == pytest.approx([3.5 * 4.5, 0.5 * 4.5])
    assert cover[0, 3, 1] == pytest.approx(0.75)
    assert cover[0, 6, 2] == pytest.approx(0.5)
    assert cover[0, 3, 5] == 0


def test_that_a_box_may_have_other_edges_in_each_row():
    canvas = Canvas(1, 4)
    left = np.array([[0.0, 1.0, 2.0, 3.0]])
    cover = canvas.box(left, 0.0, 4.0, 4.0)
    assert np.array_equal(cover[0], np.triu(np.ones((4, 4))))


def test_that_a_disc_has_about_the_area_of_a_circle():
    cover = Canvas(1, 32).disc(15.3, 16.8, 9.0)
    assert cover.sum() == pytest.approx(np.pi * 81, rel=0.01)


def test_that_paint_mixes_by_coverage_and_by_picture():
    canvas = Canvas(2, 2)
    canvas.fill((100, 100, 100))
    cover = np.array([[[0.0, 0.5], [1.0, 0.0]]], dtype=np.float32)
    canvas.paint(cover, np.array([(200, 100, 0), (0, 0, 0)]))
    pictures = canvas.to_bytes()
    assert pictures[0, 0].tolist() == [[100, 100, 100], [150, 100, 50]]
    assert pictures[:, 1, 0].tolist() == [[200, 100, 0], [0, 0, 0]]
