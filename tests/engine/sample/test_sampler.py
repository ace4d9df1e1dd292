import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from engine.control import RunControl
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    ImagesUnreadableError,
    RunMissingError,
)
from engine.events import GalleryEnded, GalleryProgressed, Outcome
from engine.runs.checkpoint import write_checkpoint
from engine.runs.folder import RunFolder
from engine.sample import gallery, sampler
from engine.sample.gallery import write_gallery
from engine.sample.load import load_run
from engine.sample.request import MAX_COUNT, Direction, GalleryRequest
from engine.train.run import train
from tests.helpers.tiny import WORDS, tiny_config, tiny_dataset

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run trained for a second, whose dataset was deleted."""
    place = tmp_path_factory.mktemp("trained")
    config = tiny_config(tiny_dataset(place / "data"), place / "run")
    train(config, lambda _event: None, RunControl())
    (place / "data").rename(place / "moved")
    return config.run


def gather(parts):
    parts = list(parts)
    texts = [text for part in parts for text in part.texts]
    return np.concatenate([part.images for part in parts]), texts


def metadata(folder):
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def events_of(request, control=None, react=None):
    events = []

    def emit(event):
        events.append(event)
        if react:
            react(event)

    write_gallery(request, emit, control or RunControl())
    return events


def test_that_pairs_follow_from_the_seed(run):
    one, same, other = (
        gather(load_run(run, CPU).sampler.from_noise(10, seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one[0], same[0])
    assert one[1] == same[1]
    assert not np.array_equal(one[0], other[0])


def test_that_a_pair_does_not_depend_on_how_many_were_asked_for(run, monkeypatch):
    monkeypatch.setattr(sampler, "BATCH", 4)
    few = gather(load_run(run, CPU).sampler.from_noise(3, 5))
    many = gather(load_run(run, CPU).sampler.from_noise(10, 5))
    assert np.array_equal(few[0], many[0][:3])
    assert few[1] == many[1][:3]
    assert len(many[1]) == 10


def test_that_captions_keep_the_images(run, monkeypatch):
    monkeypatch.setattr(sampler, "BATCH", 4)
    images = torch.randint(0, 256, (6, 1, 32, 32), dtype=torch.uint8)
    shown, texts = gather(load_run(run, CPU).sampler.complete_items({"image": images}, 1))
    assert np.array_equal(shown[..., 0], images[:, 0].numpy())
    assert set(" ".join(texts).split()) <= set(WORDS)


def test_that_loading_a_run_does_not_import_the_compiler(run):
    code = (
        "import sys, torch\n"
        "from pathlib import Path\n"
        "from engine.sample.load import load_run\n"
        "load_run(Path(sys.argv[1]), torch.device('cpu'))\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(run)], check=True)


def test_that_a_missing_run_or_checkpoint_is_named(run, tmp_path):
    with pytest.raises(RunMissingError):
        load_run(tmp_path / "nowhere", CPU)
    (tmp_path / "checkpoints").mkdir()
    for name in ("run.toml", "model.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    with pytest.raises(CheckpointMissingError):
        load_run(tmp_path, CPU)
    facts = load_run(run, CPU).checkpoint
    path = RunFolder(tmp_path).checkpoint_path(64)
    write_checkpoint(path, {"ema.nothing": torch.zeros(3)}, facts)
    with pytest.raises(CheckpointCorruptError, match="do not fit"):
        load_run(tmp_path, CPU)


def test_that_a_gallery_is_what_other_programs_read(run, tmp_path):
    request = GalleryRequest(run=run, folder=tmp_path / "g", count=5, seed=3)
    events = events_of(request)
    assert isinstance(events[-1], GalleryEnded)
    assert replace(events[-1], first_items=()) == GalleryEnded(
        outcome=Outcome.FINISHED, folder=tmp_path / "g", count=5, error=None
    )
    lines = metadata(tmp_path / "g")
    assert [line["file_name"] for line in lines] == [f"{number:06d}.png" for number in range(5)]
    for line in lines:
        with PngImageFile(tmp_path / "g" / line["file_name"]) as picture:
            assert picture.size == (32, 32)
            assert picture.text["Description"] == line["text"]
            inside = json.loads(picture.text["diptych"])
        assert inside["text"] == line["text"]
        for facts in (inside, line):
            assert facts["run"] == "run"
            assert facts["images_seen"] == 64
            assert facts["seed"] == 3
            assert facts["config_hash"]
            assert facts["version"]
    images, texts = gather(load_run(run, CPU).sampler.from_noise(5, 3))
    assert [line["text"] for line in lines] == texts
    assert np.array_equal(np.asarray(Image.open(tmp_path / "g/000004.png")), images[4])
    assert (tmp_path / "g/index.html").is_file()
    assert (tmp_path / "g/contact_sheet.png").is_file()


def test_that_a_cancelled_gallery_keeps_what_it_has(run, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "DRAWN_TOGETHER", 4)
    control = RunControl()

    def cancel(event):
        if isinstance(event, GalleryProgressed) and event.done >= 8:
            control.request_stop()

    request = GalleryRequest(run=run, folder=tmp_path / "g", count=100)
    ended = events_of(request, control, cancel)[-1]
    assert (ended.outcome, ended.count) == (Outcome.STOPPED, 8)
    names = {path.name for path in (tmp_path / "g").glob("0*.png")}
    assert names == {line["file_name"] for line in metadata(tmp_path / "g")}
    assert len(names) == 8


def test_that_a_gallery_cancelled_before_it_starts_writes_nothing(tmp_path):
    control = RunControl()
    control.request_stop()
    request = GalleryRequest(run=tmp_path / "no run yet", folder=tmp_path / "g", count=100)
    (ended,) = events_of(request, control)
    assert (ended.outcome, ended.count, ended.error) == (Outcome.STOPPED, 0, None)
    assert not (tmp_path / "g").exists()


def test_that_images_are_given_texts(run, tmp_path):
    (tmp_path / "mine").mkdir()
    for name, level in (("b.png", 20), ("a.jpg", 230)):
        Image.new("RGB", (50, 40), (level, level, level)).save(tmp_path / "mine" / name)
    request = GalleryRequest(
        run=run,
        folder=tmp_path / "g",
        direction=Direction.IMAGE_TO_TEXT,
        images=tmp_path / "mine",
    )
    assert events_of(request)[-1].count == 2
    lines = metadata(tmp_path / "g")
    assert [line["source_file"] for line in lines] == ["a.jpg", "b.png"]
    assert np.asarray(Image.open(tmp_path / "g/000000.png")).mean() > 200


@pytest.mark.parametrize("kind", [FolderInUseError, ImagesUnreadableError, RunMissingError])
def test_that_a_failed_gallery_says_why(run, tmp_path, problem_log, kind):
    (tmp_path / "used").mkdir()
    (tmp_path / "used/file").write_text("mine")
    requests = {
        FolderInUseError: GalleryRequest(run=run, folder=tmp_path / "used"),
        RunMissingError: GalleryRequest(run=tmp_path / "no", folder=tmp_path / "g"),
        ImagesUnreadableError: GalleryRequest(
            run=run,
            folder=tmp_path / "g",
            direction=Direction.IMAGE_TO_TEXT,
            images=tmp_path / "no",
        ),
    }
    ended = events_of(requests[kind])[-1]
    assert ended.outcome is Outcome.FAILED
    assert isinstance(ended.error, kind)
    problem_log.expect("failed")


def test_that_a_request_names_all_its_problems(tmp_path):
    with pytest.raises(ConfigError) as caught:
        GalleryRequest(
            run=tmp_path, folder=tmp_path, count=0, seed=-1, direction=Direction.IMAGE_TO_TEXT
        )
    assert [problem.field for problem in caught.value.problems] == ["count", "seed", "images"]
    with pytest.raises(ConfigError, match="100,000"):
        GalleryRequest(run=tmp_path, folder=tmp_path, count=MAX_COUNT + 1)
