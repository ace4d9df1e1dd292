import io
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.control import RunControl
from engine.data.image_shape import square
from engine.errors import EntryError, SourceUnreadableError, StoppedError
from engine.importing.decode import AHEAD, BATCH, Decoder, decode_all
from engine.importing.formats.format import ImageRef, RawSample
from engine.importing.ledger import Reason
from engine.importing.plan import ImageSettings
from engine.importing.value_range import SourceValues
from tests.helpers.sources import picture


class Pictures:
    """A format of pictures in memory; counts how many are being read or wait to be taken."""

    name = "images"

    def __init__(self, count, *, before: Any = lambda _number: None, content=b""):
        self.count, self._before, self._content = count, before, content
        self.loaded = 0
        self._lock = threading.Lock()

    def samples(self):
        for number in range(self.count):
            image = ImageRef(path=f"{number}.png")
            yield RawSample(key=f"{number}", image=image, texts=("a",))

    def load(self, _archive, image):
        number = int(image.path.removesuffix(".png"))
        with self._lock:
            self.loaded += 1
        self._before(number)
        if self._content:
            return self._content
        file = io.BytesIO()
        picture(number, 40, grey=number % 2 == 0).save(file, "PNG")
        return file.getvalue()


def decoder(pictures, source, **plan):
    """Decode from a source that is asked for nothing but whether it is there."""
    archive: Any = SimpleNamespace(source=source)
    images = ImageSettings(size=32, **plan)
    values = SourceValues(archive, pictures, pictures.samples(), images, RunControl())
    return Decoder(archive=archive, form=pictures, settings=images, shape=square(32), values=values)


def decode(pictures, source, threads=0, **plan) -> list[Any]:
    made = decoder(pictures, source, **plan)
    return list(decode_all(made, pictures.samples(), RunControl(), threads))


def test_that_results_come_in_order_whatever_the_threads_do(tmp_path):
    random = np.random.default_rng(0)
    waits_s = random.uniform(0, 0.004, 200)
    pictures = Pictures(200, before=lambda number: time.sleep(float(waits_s[number])))
    done = decode(pictures, tmp_path, threads=4)
    assert [int(one.raw.key) for one in done] == list(range(200))
    assert len({one.facts.pixel_digest for one in done}) == 200


def test_that_facts_are_those_of_the_picture(tmp_path):
    pictures = Pictures(2)
    grey, colour = decode(pictures, tmp_path)
    assert (grey.facts.is_grey, colour.facts.is_grey) == (True, False)
    assert (colour.facts.width, colour.facts.height) == (40, 40)
    expected = np.asarray(picture(1, 40).resize((32, 32), Image.Resampling.LANCZOS))
    assert np.abs(colour.pixels.astype(int) - expected).max() <= 2


def test_that_grey_is_one_channel_when_it_is_planned(tmp_path):
    pictures = Pictures(2)
    shapes = [one.pixels.shape for one in decode(pictures, tmp_path, channels="grey")]
    assert shapes == [(32, 32, 1)] * 2


def test_that_a_jpeg_tells_its_own_size_though_it_is_decoded_smaller(tmp_path):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1, 400).resize((800, 400)).save(file, "JPEG", exif=exif)
    (done,) = decode(Pictures(1, content=file.getvalue()), tmp_path)
    assert (done.facts.width, done.facts.height) == (400, 800)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EntryError("1.png", "truncated", "ends early"), Reason.TRUNCATED),
        (EntryError("1.png", "no such reason"), Reason.DAMAGED),
        (EntryError("1.png", "unreadable"), Reason.UNREADABLE),
        (ValueError("odd"), Reason.DAMAGED),
        (MemoryError(), Reason.DAMAGED),
    ],
)
def test_that_one_bad_picture_spoils_no_other(tmp_path, error, reason):
    def fail(number):
        if number == 1:
            raise error

    pictures = Pictures(3, before=fail)
    done = decode(pictures, tmp_path)
    assert [one.reason for one in done] == [None, reason, None]
    assert done[1].pixels is None
    assert [int(one.raw.key) for one in done] == [0, 1, 2]


def test_that_a_source_that_is_gone_ends_the_pass(tmp_path):
    def fail(number):
        raise EntryError(f"{number}", "unreadable")

    pictures = Pictures(3, before=fail)
    with pytest.raises(SourceUnreadableError):
        decode(pictures, tmp_path / "gone")


def test_that_a_text_alone_passes_through(tmp_path):
    alone = RawSample(key="a", image=None, texts=("words",))
    (done,) = decode_all(decoder(Pictures(0), tmp_path), [alone], RunControl())
    assert (done.raw, done.pixels, done.reason) == (alone, None, None)


def test_that_few_pictures_are_under_way_at_once(tmp_path):
    pictures = Pictures(1_000)
    made = decoder(pictures, tmp_path)
    results: Any = decode_all(made, pictures.samples(), RunControl(), 2)
    next(results)
    time.sleep(0.2)
    assert pictures.loaded <= (2 * AHEAD + 1) * BATCH
    results.close()


def test_that_a_stop_is_heeded_at_once(tmp_path):
    control = RunControl()
    pictures = Pictures(10_000, before=lambda _number: time.sleep(0.01))
    threading.Timer(0.1, control.request_stop).start()
    with pytest.raises(StoppedError):
        list(decode_all(decoder(pictures, tmp_path), pictures.samples(), control))
    assert pictures.loaded < 500
