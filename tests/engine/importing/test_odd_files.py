"""One case for each hostile or odd file: what becomes of it, and that nothing else happens."""

import warnings

import numpy as np
import pytest

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.accounts import Accounts, Reason
from engine.importing.limits import LIMITS
from engine.importing.opening import open_tree
from engine.importing.picture import read_picture
from tests.helpers.odd_archives import CONTENT, TARS, ZIPS, duplicates, zipped
from tests.helpers.odd_files import ODD_FILES, write_odd_files
from tests.helpers.odd_pictures import FLAWS, LOOKS, Look

KNOWN_ENDS = {"gz": ".tar.gz", "bz2": ".tar.bz2", "xz": ".tar.xz"}


@pytest.mark.parametrize("name", LOOKS)
def test_that_an_odd_picture_looks_right(name):
    content, look = LOOKS[name]
    picture = read_picture(content)
    assert (picture.mode, picture.size) == (look.mode, look.size)
    first = np.atleast_1d(np.asarray(picture)[0, 0]).astype(int)
    assert np.abs(first - look.first).max() <= look.tolerance, first


@pytest.mark.parametrize("name", FLAWS)
def test_that_a_flawed_picture_is_refused_with_its_reason(name):
    content, reason = FLAWS[name]
    with pytest.raises(EntryError) as caught:
        read_picture(content)
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
    accounts = Accounts()
    with open_tree(tmp_path) as tree:
        for entry in tree.entries(accounts):
            try:
                read_picture(tree.read(entry.path, LIMITS.file_bytes))
                accounts.use(entry.path)
            except EntryError as error:
                accounts.skip_file(entry.path, Reason(error.reason), error.detail)
    skipped = {skip.path: skip.reason for skip in accounts.skipped_files()}
    flaws = {name: want for name, (_, want) in ODD_FILES.items() if not isinstance(want, Look)}
    assert skipped == flaws
    assert accounts.files_used + len(skipped) == accounts.files_found == count
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
            open_tree(path)
    else:
        check_members(path, fates)
    assert sorted(path.parent.rglob("*")) == before


def check_members(path, fates):
    accounts = Accounts()
    with open_tree(path) as tree:
        given = [entry.path for entry in tree.entries(accounts)]
        skipped = {skip.path: skip.reason for skip in accounts.skipped_files()}
        assert {**dict.fromkeys(given), **skipped} == fates
        assert accounts.files_found == len(given) + len(skipped)
        assert all(tree.has(name) for name in given)
        for name in given:
            content = tree.read(name, 10_000)
            assert content == CONTENT or len(content) == 2_048
