"""Scenes in pictures: a picture that is opened again shows the same pixels."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.control import RunControl
from engine.errors import SceneInvalidError
from engine.sample.gallery import write_gallery
from engine.sample.load import load_run
from engine.sample.player import Player
from engine.sample.request import Direction, GalleryRequest
from engine.sample.scene import (
    GivenCells,
    GivenPicture,
    GivenSound,
    Noise,
    Scene,
    StoredNoise,
)
from engine.sample.scene_codec import scene_from_json, scene_to_json
from engine.sample.scene_file import CHUNK, read_scene, save_picture
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("scenes")
    config = tiny_config(four_column_dataset(place / "data"), place / "run")
    train(config, lambda _event: None, RunControl())
    return config.run


def gallery(run, folder, **values):
    events = []
    write_gallery(GalleryRequest(run=run, folder=folder, **values), events.append, RunControl())
    assert events[-1].error is None
    return sorted(folder.glob("0*.png"))


def pixels(path):
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


@pytest.mark.parametrize(
    "values",
    [
        {"count": 70},
        {"count": 5, "truncation": 0.5},
        {"direction": Direction.TEXT_TO_IMAGE, "count": 2},
        {"direction": Direction.LATENT_PATH, "count": 5},
        {"direction": Direction.TEXT_PATH, "count": 5},
    ],
)
def test_a_picture_of_a_gallery_gives_its_pixels_again(run, tmp_path, values):
    if values.get("direction") in (Direction.TEXT_TO_IMAGE, Direction.TEXT_PATH):
        (tmp_path / "texts.txt").write_text("dark\nlight\n", encoding="utf-8")
        values = {**values, "texts": tmp_path / "texts.txt"}
    pictures = gallery(run, tmp_path / "g", **values)
    assert len(pictures) == values["count"]
    player = Player(load_run(run, CPU))
    for path in pictures[:3] + pictures[-3:]:
        saved = read_scene(path)
        assert saved.run == "run"
        assert saved.checkpoint == "newest"
        assert saved.images_seen == 64
        assert np.array_equal(player.render([saved.scene]).images[0], pixels(path))


def test_a_saved_picture_gives_its_pixels_again(run, tmp_path):
    player = Player(load_run(run, CPU), run)
    first, second = Noise.from_seed(3), Noise.from_seed(4)
    cells = GivenCells(cells={"shade": "light"})
    scene = Scene(noise=first.varied(second, 0.4), given={"facts": cells}, offsets={1: 1.5})
    made = player.render([scene])
    path = tmp_path / "one.png"
    save_picture(path, made.images[0], made.texts[0], scene, player.provenance)
    saved = read_scene(path)
    assert saved.scene == scene
    assert saved.config_hash == player.provenance.config_hash
    again = Player(load_run(run, CPU)).render([saved.scene])
    assert np.array_equal(again.images[0], pixels(path))
    assert np.array_equal(again.images[0], made.images[0])


def test_every_kind_of_scene_survives_json():
    stored = Noise(parts=((StoredNoise(values=(("image", (0.1, -2.5)),)), 1.0),))
    scene = Scene(
        noise=stored.varied(Noise.from_seed(2**62, row=3, rows=9), 0.3),
        given={
            "text": "红色 «x»",
            "image": GivenPicture(png=b"\x89PNG"),
            "tone": GivenSound(samples=b"\0\1"),
            "facts": GivenCells(cells={"a": 1.5, "b": None, "c": "x"}),
        },
        truncation=0.25,
        offsets={0: -3.0, 7: 0.125},
        towards=Scene(noise=Noise.from_seed(1)),
        place=0.5,
    )
    assert scene_from_json(scene_to_json(scene)) == scene


DAMAGED = (
    "",
    "[]",
    "{}",
    '{"format": 2, "noise": [{"seed": 1}]}',
    '{"format": 1}',
    '{"format": 1, "noise": []}',
    '{"format": 1, "noise": [{"seed": -2}]}',
    '{"format": 1, "noise": [{"seed": 1, "row": 64}]}',
    '{"format": 1, "noise": [{"seed": 1, "weight": 0.5}]}',
    '{"format": 1, "noise": [{"seed": 1, "values": {"image": [1]}}]}',
    '{"format": 1, "noise": [{"values": {"image": [NaN]}}]}',
    '{"format": 1, "noise": [{"seed": 1}], "truncation": 0}',
    '{"format": 1, "noise": [{"seed": 1}], "place": 2}',
    '{"format": 1, "noise": [{"seed": 1}], "offsets": {"x": 1}}',
    '{"format": 1, "noise": [{"seed": 1}], "offsets": {"1": Infinity}}',
    '{"format": 1, "noise": [{"seed": 1}], "given": {"image": {"png": "%"}}}',
    '{"format": 1, "noise": [{"seed": 1}], "given": {"facts": {"cells": {"a": []}}}}',
    '{"format": 1, "noise": [{"seed": 1}], "given": {"facts": {"cells": {"a": 1e999}}}}',
    '{"format": 1, "noise": [{"seed": 1}], "towards": {"towards": {}}}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_scene_is_refused_with_one_sentence(text):
    with pytest.raises(SceneInvalidError) as caught:
        scene_from_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_in_a_scene_it_is_read_or_refused(data):
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["seed", "row", "rows", "weight", "values", "image", "png", "cells"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
    names = ["noise", "given", "truncation", "offsets", "towards", "place"]
    table = data.draw(st.dictionaries(st.sampled_from(names), value))
    try:
        scene = scene_from_json(json.dumps({"format": 1, **table}))
    except SceneInvalidError:
        return
    assert scene_from_json(scene_to_json(scene)) == scene


def test_pictures_without_a_scene_are_refused(tmp_path):
    plain, other, text = (tmp_path / name for name in ("plain.png", "other.png", "text.png"))
    Image.new("RGB", (4, 4)).save(plain)
    chunks = PngInfo()
    chunks.add_itxt(CHUNK, json.dumps({"text": "dark", "run": "r"}))
    Image.new("RGB", (4, 4)).save(other, pnginfo=chunks)
    text.write_text("no picture")
    for path, says in (
        (plain, "did not save it"),
        (other, "without one"),
        (text, "no PNG"),
        (tmp_path / "absent.png", "no file"),
        (tmp_path, "folder"),
    ):
        with pytest.raises(SceneInvalidError, match=says):
            read_scene(path)
