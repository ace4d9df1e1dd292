import pytest

from engine.control import RunControl
from engine.errors import StoppedError
from engine.importing.ledger import FileLedger
from engine.importing.scan import detect_formats, list_files
from engine.importing.sources.opening import open_archive
from tests.helpers.sources import picture, sidecar_folder


def survey(source):
    ledger = FileLedger()
    with open_archive(source) as archive:
        listing = list_files(archive, ledger, RunControl())
        return ledger, listing, detect_formats(archive, listing)


def test_that_files_are_counted_by_suffix(tmp_path):
    sidecar_folder(tmp_path, 3)
    picture(9).save(tmp_path / "LOUD.PNG")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    ledger, listing, _offers = survey(tmp_path)
    assert listing.suffixes == {".png": 4, ".txt": 3}
    assert len(listing.entries) == 7
    assert ledger.files_found == 8


def test_that_the_likeliest_format_comes_first(tmp_path):
    _ledger, _listing, offers = survey(sidecar_folder(tmp_path, 5))
    assert offers[0].reading.format == "sidecar"
    confidences = [offer.confidence for offer in offers]
    assert confidences == sorted(confidences, reverse=True)
    names = [offer.reading.format for offer in offers]
    assert len(names) == len(set(names)) > 1


def test_that_a_folder_of_nothing_has_no_offers(tmp_path):
    _ledger, listing, offers = survey(tmp_path)
    assert not listing.entries
    assert offers == ()


def test_that_a_listing_can_be_stopped(tmp_path):
    sidecar_folder(tmp_path, 2)
    control = RunControl()
    control.request_stop()
    with open_archive(tmp_path) as archive, pytest.raises(StoppedError):
        list_files(archive, FileLedger(), control)


def test_that_a_listing_stops_in_its_middle(tmp_path):
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text("x")
    control, told = RunControl(), []

    def tell(count):
        told.append(count)
        if count:
            control.request_stop()

    with open_archive(tmp_path) as archive, pytest.raises(StoppedError):
        list_files(archive, FileLedger(), control, tell)
    assert 0 < told[-1] < 300
