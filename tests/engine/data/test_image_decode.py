"""Decoding of whole files: JPEG without an end, reduced decoding, frames, and turns of threads."""

import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data import image_limits
from engine.data.image_decode import count_frames, decode_image, heic_formats, read_size
from engine.data.image_limits import MAX_JPEG_PIXELS, MemoryBudget
from engine.errors import EntryError
from engine.importing.ledger import Reason
from tests.helpers.odd_images import FLAWS, animated, noise, saved


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("at_least", [0, 16])
def test_that_a_jpeg_without_its_end_mark_is_whole(options, at_least):
    content = saved(noise(128), "JPEG", **options)
    whole, open_ended = (
        np.asarray(decode_image(one, at_least=at_least).picture) for one in (content, content[:-2])
    )
    assert np.array_equal(whole, open_ended)


@pytest.mark.parametrize("missing", [100, 1_000, 3_000])
@pytest.mark.parametrize("at_least", [0, 16])
def test_that_a_jpeg_without_part_of_its_data_is_not(missing, at_least):
    content = saved(noise(128), "JPEG")[:-missing]
    with pytest.raises(EntryError) as caught:
        decode_image(content, at_least=at_least)
    assert caught.value.reason == Reason.TRUNCATED


def test_that_a_jpeg_beyond_the_limit_is_decoded_at_a_reduced_size():
    content = saved(noise(512), "JPEG")
    decoded = decode_image(content, 20_000, at_least=32)
    assert decoded.picture.size == (64, 64)
    assert decoded.original.size == read_size(content, 20_000) == (512, 512)
    for refused in (content, saved(noise(512), "JPEG", progressive=True)):
        at_least = 0 if refused is content else 32
        with pytest.raises(EntryError) as caught:
            decode_image(refused, 20_000, at_least=at_least)
        assert caught.value.reason == Reason.TOO_LARGE


def test_that_a_jpeg_has_a_limit_of_its_own():
    with MemoryBudget(10_000) as budget:
        budget.check_jpeg((MAX_JPEG_PIXELS, 1), b"")
        with pytest.raises(EntryError, match="pixels"):
            budget.check_jpeg((MAX_JPEG_PIXELS + 1, 1), b"")


def test_that_large_images_take_turns(monkeypatch):
    monkeypatch.setattr(image_limits, "_LARGE_BYTES", 100)
    order: list[str] = []

    def decode_other():
        with MemoryBudget(1_000) as budget:
            budget.admit((10, 10))
            order.append("second")

    with MemoryBudget(1_000) as budget:
        budget.admit((10, 10))
        # An image that is admitted twice waits for no other.
        budget.admit((10, 10))
        other = threading.Thread(target=decode_other)
        other.start()
        with MemoryBudget(1_000) as small:
            small.admit((5, 5))
        order.append("first")
    other.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_that_every_frame_can_be_chosen(kind):
    colours = ("red", "blue", "green")
    frames = [Image.new("RGB", (8, 8), colour) for colour in colours]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert count_frames(content) == 3
    for number, frame in enumerate(frames):
        decoded = decode_image(content, frame=number)
        assert decoded.picture.convert("RGB").getpixel((4, 4)) == frame.getpixel((4, 4))
        assert decoded.original.has_more_frames
    with pytest.raises(EntryError):
        decode_image(content, frame=3)


def test_that_one_frame_is_one():
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "JPEG"):
        content = saved(noise(), kind)
        assert count_frames(content) == 1
        assert not decode_image(content).original.has_more_frames
    # The second image of a JPEG is a map of depths or a thumbnail.
    parts = saved(noise(), "MPO", save_all=True, append_images=[noise()])
    assert count_frames(parts) == 1
    assert not decode_image(parts).original.has_more_frames
    assert count_frames(b"no image") == 1
    assert count_frames(animated("GIF")) == 3


def test_that_heic_is_read_by_a_package_that_is_installed(monkeypatch):
    class Package:
        @staticmethod
        def register_heif_opener(**_options):
            opened: Any = lambda _file, _name: noise()  # noqa: E731 (it stands for a class)
            Image.register_open("HEIF", opened, lambda _head: True)

    monkeypatch.setattr("importlib.import_module", lambda _name: Package)
    heic_formats.cache_clear()
    try:
        assert decode_image(FLAWS["photo.heic"][0]).picture.size == (64, 64)
    finally:
        heic_formats.cache_clear()
        Image.OPEN.pop("HEIF", None)
        Image.ID.remove("HEIF")
