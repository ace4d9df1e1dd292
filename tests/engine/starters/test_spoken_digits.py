import collections
import gzip

import numpy as np
import pytest

import resources
from engine.data.manifest import TRAIN, VALIDATION
from engine.errors import DatasetCorruptError, DatasetMissingError
from engine.starters import spoken_digits
from engine.starters.mnist import WORDS, read_digits, read_idx
from engine.starters.spoken_digits import CLIPS_FILE, RATE, SECONDS, read_clips

SPEECH = resources.starters_folder() / "spoken-digits"


def write_idx(path, array):
    head = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Files as MNIST's, with 300 training and 100 held-out digits."""
    folder = tmp_path_factory.mktemp("digits")
    rng = np.random.default_rng(0)
    for prefix, count in (("train", 300), ("t10k", 100)):
        write_idx(
            folder / f"{prefix}-images-idx3-ubyte.gz", rng.integers(256, size=(count, 28, 28))
        )
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", np.arange(count) % 10)
    return folder


@pytest.fixture(scope="module")
def clips():
    return read_clips(SPEECH / CLIPS_FILE)


@pytest.fixture
def _decoded(clips, monkeypatch):
    """Decode the clips once."""
    monkeypatch.setattr(spoken_digits, "read_clips", lambda _path: clips)


@pytest.fixture
def columns(digits, _decoded):
    return spoken_digits.build(digits, SPEECH, seed=4)


def test_that_every_digit_is_spoken_as_what_it_is(columns, clips):
    rows = columns.rows["speech"]
    for item, text in enumerate(columns.texts["text"]):
        assert text == WORDS[item % 10]
        assert WORDS[clips.digits[rows[item]]] == text
        facts = columns.attributes[item]
        assert facts["digit"] == text
        assert facts["voice"] == clips.voices[rows[item]]
        assert facts["accent"] == clips.accents[rows[item]]
    assert len(set(rows.tolist())) < columns.count


def test_that_held_out_digits_have_voices_never_heard_in_training(columns, clips):
    voices = collections.defaultdict(set)
    for facts, split in zip(columns.attributes, columns.split, strict=True):
        voices[split].add(facts["voice"])
    assert not voices[TRAIN] & voices[VALIDATION]
    assert list(columns.split).count(VALIDATION) == 100
    families = {
        held_out: {
            voice.rstrip("0123456789").lower()
            for voice, other in zip(clips.voices, clips.is_held_out, strict=True)
            if other == held_out
        }
        for held_out in (False, True)
    }
    assert not families[False] & families[True]
    assert len({v for v, h in zip(clips.voices, clips.is_held_out, strict=True) if h}) >= 16


def test_that_there_are_as_many_clips_of_each_word_in_each_split(clips):
    counts = collections.Counter(
        zip(clips.digits.tolist(), clips.is_held_out.tolist(), strict=True)
    )
    assert {counts[digit, False] for digit in range(10)} == {160}
    assert {counts[digit, True] for digit in range(10)} == {40}


def test_that_clips_are_prepared_as_an_import_prepares_them(clips):
    assert clips.waves.shape == (2_000, int(RATE * SECONDS))
    waves = clips.waves.astype(float)
    size = np.abs(waves)
    assert size.max(axis=1).tolist() == pytest.approx([0.9 * 32767] * 2_000, abs=1)
    assert abs(waves.mean()) < 1
    spectrum = np.square(np.abs(np.fft.rfft(waves[::10])))
    hertz = np.fft.rfftfreq(waves.shape[1], 1 / RATE)
    assert spectrum[:, hertz < 40].sum() < 1e-3 * spectrum.sum()
    # Trimmed: sound begins at once; padded: short words end in silence.
    begins = (size > 0.02 * size.max(axis=1, keepdims=True)).argmax(axis=1)
    assert begins.max() < 0.03 * RATE
    ends = waves.shape[1] - (size[:, ::-1] > 200).argmax(axis=1)
    assert 0.25 * RATE < np.median(ends) < 0.7 * RATE


def test_that_the_pairing_follows_from_the_seed(columns, digits):
    again = spoken_digits.build(digits, SPEECH, seed=4)
    other = spoken_digits.build(digits, SPEECH, seed=5)
    assert np.array_equal(columns.rows["speech"], again.rows["speech"])
    assert not np.array_equal(columns.rows["speech"], other.rows["speech"])


def test_that_digits_are_padded_and_split_as_mnist_is(digits):
    images, labels, split = read_digits(digits)
    assert images.shape == (400, 32, 32, 1)
    assert images[:, 2:-2, 2:-2].any()
    images[:, 2:-2, 2:-2] = 0
    assert not images.any()
    assert labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert split == [TRAIN] * 300 + [VALIDATION] * 100


@pytest.mark.parametrize(
    "content",
    [
        b"not gzip",
        gzip.compress(bytes((0, 0, 9, 1, 0, 0, 0, 1, 7))),
        gzip.compress(bytes((0, 0, 8, 1, 0, 0, 0, 2, 7))),
        gzip.compress(bytes((0, 0, 8))),
    ],
    ids=["no gzip", "type", "size", "end"],
)
def test_that_a_damaged_idx_file_is_refused(tmp_path, content):
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DatasetCorruptError, match=r"a\.gz"):
        read_idx(tmp_path / "a.gz", dimensions=1)


def test_that_missing_or_damaged_clips_are_named(tmp_path):
    path = tmp_path / CLIPS_FILE
    with pytest.raises(DatasetMissingError):
        read_clips(path)
    path.write_bytes((SPEECH / CLIPS_FILE).read_bytes()[:5_000])
    with pytest.raises(DatasetCorruptError, match=r"clips\.npz"):
        read_clips(path)
    with np.load(SPEECH / CLIPS_FILE) as arrays:
        whole = dict(arrays)
    for name, wrong in (("digits", whole["digits"][1:]), ("voices", whole["voices"] + 100)):
        np.savez(path, **{**whole, name: wrong})
        with pytest.raises(DatasetCorruptError, match=r"clips\.npz"):
            read_clips(path)
    del whole["frames"]
    np.savez(path, **whole)
    with pytest.raises(DatasetCorruptError, match=r"clips\.npz"):
        read_clips(path)
