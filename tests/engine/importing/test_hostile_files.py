"""One case for each hostile or odd file: what becomes of it, and that nothing else happens."""

import contextlib
import os
import tempfile
import warnings
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.decode import decode_source_image
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Limits
from engine.importing.sources.opening import open_archive
from tests.helpers.odd_archives import (
    CONTENT,
    ODD_FILES,
    TARS,
    ZIPS,
    duplicates,
    write_odd_files,
    zipped,
)
from tests.helpers.odd_images import FLAWS, LOOKS, Look, noise, saved

KNOWN_ENDS = {"gz": ".tar.gz", "bz2": ".tar.bz2", "xz": ".tar.xz"}


@pytest.mark.parametrize("name", LOOKS)
def test_that_an_odd_picture_looks_right(name):
    content, look = LOOKS[name]
    picture = decode_source_image(content).picture
    assert (picture.mode, picture.size) == (look.mode, look.size)
    first = np.atleast_1d(np.asarray(picture)[0, 0]).astype(int)
    assert np.abs(first - look.first).max() <= look.tolerance, first


@pytest.mark.parametrize("name", FLAWS)
def test_that_a_flawed_picture_is_refused_with_its_reason(name):
    content, reason = FLAWS[name]
    with pytest.raises(EntryError) as caught:
        decode_source_image(content)
    assert caught.value.reason is reason, caught.value.detail


@pytest.mark.parametrize("name", ZIPS)
def test_that_every_member_of_an_odd_zip_meets_its_fate(tmp_path, name):
    check_fates(tmp_path / "a.zip", *ZIPS[name])


@pytest.mark.parametrize("name", TARS)
def test_that_every_member_of_an_odd_tar_meets_its_fate(tmp_path, name):
    ending = KNOWN_ENDS.get(name.split("-")[0], ".tar")
    check_fates(tmp_path / f"a{ending}", *TARS[name])


def test_that_a_folder_of_them_all_is_accounted_for(tmp_path):
    count = write_odd_files(tmp_path)
    ledger = FileLedger()
    with open_archive(tmp_path) as archive:
        for entry in archive.entries(ledger):
            try:
                decode_source_image(archive.read(entry.path, LIMITS.file_bytes))
                ledger.mark_used(entry.path)
            except EntryError as error:
                ledger.mark_skipped(entry.path, Reason(error.reason), error.detail)
    skipped = {skip.path: skip.reason for skip in ledger.skipped_files()}
    flaws = {name: want for name, (_, want) in ODD_FILES.items() if not isinstance(want, Look)}
    assert skipped == flaws
    assert ledger.files_used + len(skipped) == ledger.files_found == count
    assert count >= 60


def test_that_every_one_of_a_zips_equal_names_is_accounted_for(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns whoever makes such a file
        content, fates = duplicates(zipped)
    check_fates(tmp_path / "a.zip", content, fates)


def check_fates(path, content, fates):
    path.write_bytes(content)
    before = sorted(path.parent.rglob("*"))
    if fates is None:
        with pytest.raises(SourceUnreadableError, match="cannot be imported"):
            open_archive(path)
    else:
        check_members(path, fates)
    assert sorted(path.parent.rglob("*")) == before


def check_members(path, fates):
    ledger = FileLedger()
    with open_archive(path) as archive:
        given = [entry.path for entry in archive.entries(ledger)]
        skipped = {skip.path: skip.reason for skip in ledger.skipped_files()}
        assert {**dict.fromkeys(given), **skipped} == fates
        assert ledger.files_found == len(given) + len(skipped)
        for name in given:
            content = archive.read(name, 10_000)
            assert content == CONTENT or len(content) == 2_048


# Valid files, mutated: whatever comes out is an image, a listing or a fact, and comes soon.
#
# ``DIPTYCH_FUZZ_EXAMPLES=10000`` makes the run longer.


EXAMPLES = int(os.environ.get("DIPTYCH_FUZZ_EXAMPLES", "60"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=timedelta(seconds=10),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
    derandomize=EXAMPLES <= 1_000,
)
SMALL_LIMITS = Limits(pixels=1_000_000, unpacked_bytes=20_000_000, entries=1_000)
PICTURES = [content for content, _look in LOOKS.values()]
PICTURES += [saved(noise(24), kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")]
PICTURES += [saved(noise(24), "TIFF", compression=kind) for kind in ("tiff_lzw", "jpeg")]
PICTURES += [saved(noise(24), "AVIF"), saved(noise(24), "JPEG", progressive=True)]
ARCHIVES = [("zip", content) for content, _fates in ZIPS.values() if len(content) < 10_000]
ARCHIVES += [("tar", content) for content, _fates in TARS.values() if len(content) < 100_000]


@st.composite
def mutated(draw, content):
    """Change a few bytes, cut a piece out, double one, or cut off the end."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(len(changed) - 1, 0)))
        length = draw(st.integers(0, 40))
        match draw(st.sampled_from(["change", "change", "remove", "double", "cut", "numbers"])):
            case "change":
                changed[start : start + 1] = draw(st.binary(min_size=1, max_size=4))
            case "remove":
                del changed[start : start + length]
            case "double":
                changed[start:start] = changed[start : start + length]
            case "cut":
                del changed[max(start, 8) :]
            case _:
                number = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"]))
                changed[start : start + 4] = number
    return bytes(changed)


@FUZZ
@given(data=st.data())
def test_that_a_mutated_picture_is_a_picture_or_a_reason(data):
    content = data.draw(mutated(data.draw(st.sampled_from(PICTURES))))
    try:
        picture = decode_source_image(
            content, SMALL_LIMITS, at_least=data.draw(st.sampled_from([0, 8]))
        ).picture
    except EntryError as error:
        Reason(error.reason)
    else:
        assert picture.mode in {"L", "LA", "RGB", "RGBA"}
        assert len(picture.tobytes()) == picture.width * picture.height * len(picture.getbands())


@FUZZ
@given(data=st.data())
def test_that_a_mutated_archive_is_read_or_refused(data):
    ending, content = data.draw(st.sampled_from(ARCHIVES))
    with tempfile.TemporaryDirectory() as folder:
        temp = Path(folder) / "temp"
        temp.mkdir()
        source = Path(folder) / f"a.{ending}"
        source.write_bytes(data.draw(mutated(content)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(temp))
            read_everything(source)
        assert sorted(Path(folder).rglob("*")) == [source, temp]


def read_everything(source):
    ledger = FileLedger()
    try:
        archive = open_archive(source, SMALL_LIMITS)
    except SourceUnreadableError:
        return
    with archive:
        given = list(archive.entries(ledger))
        assert ledger.files_found == len(given) + len(list(ledger.skipped_files()))
        for entry in given:
            entry.path.encode()
            try:
                assert len(archive.read(entry.path, 1_000_000)) <= 1_000_000
                with archive.open(entry.path) as file:
                    file.read()
            except EntryError as error:
                Reason(error.reason)


@FUZZ
@given(path=st.text(max_size=30) | st.from_regex(r"(\.\.|[a-c]|/|\\|:|\.|\x00){1,9}"))
def test_that_no_path_leads_out_of_a_source(path):
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "inside"
        inside.mkdir()
        (Path(folder) / "a").write_bytes(b"secret")
        (inside / "b").write_bytes(b"open")
        with open_archive(inside) as archive, contextlib.suppress(EntryError):
            assert archive.read(path, 10) == b"open"
