"""The whole Noto emoji, in English and in Chinese: every pair accounted for, and trained on."""

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.data.store import open_dataset
from engine.sample.preview_sheet import read_sheet

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "noto-emoji-64.zip"
PAIRS = 3_786

pytestmark = [
    pytest.mark.skipif(not ARCHIVE.is_file(), reason="the archive is not at hand"),
    pytest.mark.slow,
]


def report_of(dataset: Path) -> dict[str, dict[str, int]]:
    return json.loads((dataset / "report.json").read_bytes())


@pytest.mark.parametrize(("column", "first"), [("text", "grinning face"), ("text_zh", "嘿嘿")])
def test_that_every_emoji_is_accounted_for(tmp_path: Path, column: str, first: str):
    dataset = tmp_path / "emoji"
    command = ["import", str(ARCHIVE), "--dataset", str(dataset), "--size", "32"]
    assert main([*command, "--text-column", column]) == 0
    counts, reasons = report_of(dataset)["counts"], report_of(dataset)["skipped_by_reason"]
    assert counts["items_found"] == PAIRS
    assert counts["items_imported"] + reasons["same_image"] == PAIRS
    # The pictures, and the table that names them; the licence gives nothing.
    assert (counts["files_used"], counts["files_skipped"]) == (PAIRS + 1, 1)
    stored = open_dataset(dataset)
    assert stored.texts[0] == first
    # What was merged away has left its name behind.
    assert sum(len(captions) for captions in stored.captions) > counts["items_imported"]


def test_that_a_run_learns_from_both_languages(tmp_path: Path):
    dataset, run = tmp_path / "emoji", tmp_path / "run"
    command = ["import", str(ARCHIVE), "--dataset", str(dataset), "--size", "32"]
    assert main([*command, "--text-column", "text", "--text-column", "text_zh"]) == 0
    small = ["--generator-channels", "4", "--discriminator-channels", "4", "--embedding-dim", "16"]
    length = ["--images", "512", "--evaluate-every-s", "0", "--tokenizer", "characters"]
    assert main(["train", "--dataset", str(dataset), "--run", str(run), *small, *length]) == 0
    *_, newest = sorted((run / "samples").glob("*.png"))
    assert len(read_sheet(newest).texts) == 64
