"""A whole run on a disk that is really small."""

from engine.errors import DiskFullError
from engine.events import CheckpointSaved, Outcome, RunPaused
from engine.runs.checkpoint import verify_checkpoint
from engine.train import meter
from tests.helpers.run_story import RunStory, expect_all, images_of
from tests.helpers.small_disk import small_disk


def test_that_a_run_waits_for_room_on_a_disk_that_is_full_in_earnest(
    tmp_path, monkeypatch, problem_log
):
    monkeypatch.setattr(meter, "INTERVAL_S", 0.0)
    with small_disk(tmp_path / "disk", megabytes=24) as place:
        story, ballast = RunStory(place), place / "ballast"

        def answer(event):
            if images_of(event) == 40:
                story.control.request_checkpoint()
            if images_of(event) == 80:
                ballast.write_bytes(bytes(18_000_000))
                story.control.request_checkpoint()
            if isinstance(event, RunPaused):
                ballast.unlink()
                story.control.request_resume()

        ended = story.tell(answer)
        expect_all(problem_log, "could not be saved")
        (paused,) = story.of(RunPaused)
        assert isinstance(paused.error, DiskFullError)
        assert paused.error.needed_bytes > paused.error.free_bytes > 0
        assert ended.outcome is Outcome.FINISHED
        assert [event.images_seen for event in story.of(CheckpointSaved)] == [40, 80, 160]
        for path in story.folder.checkpoint_paths():
            verify_checkpoint(path)
