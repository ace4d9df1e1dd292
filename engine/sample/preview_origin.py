"""Where the tiles of a preview come from, as the files of its run say.

Does not import torch, for the studio.
"""

from dataclasses import dataclass
from pathlib import Path

from engine.config.run import RunConfig
from engine.config.toml import config_hash
from engine.data.gallery_info import MAX_NOTICE
from engine.printable import printable
from engine.runs.folder import RunFolder
from engine.runs.metadata import ModelMetadata
from engine.sample.request import Direction
from engine.sample.scene import Scene
from engine.sample.scene_file import Provenance
from engine.sample.scene_sources import preview_scene
from engine.version import installed_version


@dataclass(frozen=True, kw_only=True)
class PreviewOrigin:
    """The run of a preview and how far it was."""

    run: Path
    config: RunConfig
    model: ModelMetadata
    images_seen: int
    count: int
    """Tiles of the preview."""

    @property
    def step(self) -> int:
        """Optimizer steps at the preview; 0 if the batch size was measured by the run."""
        batch = self.config.training.batch_size
        return self.images_seen // batch if batch else 0

    def scene(self, tile: int) -> Scene:
        """Return the scene of a tile."""
        return preview_scene(self.config.seed, tile, self.count)

    def provenance(self) -> Provenance:
        """Return the provenance of the tiles."""
        return Provenance(
            run=printable(self.run.absolute().name),
            dataset=self.model.dataset,
            images_seen=self.images_seen,
            step=self.step,
            seed=self.config.seed,
            direction=Direction.JOINT,
            config_hash=config_hash(self.config),
            version=installed_version(),
            notice=printable(self.model.notice[:MAX_NOTICE]),
        )


def read_origin(sheet: Path, images_seen: int, count: int) -> PreviewOrigin:
    """Read the origin of a preview.

    Args:
        sheet: path of the preview, in the folder ``samples`` of its run.
        images_seen: progress of the run at the preview.
        count: its tiles.

    Raises:
        RunMissingError, ConfigError: the run cannot be read.
        FolderNotWritableError: the disk fails.
    """
    run = RunFolder(sheet.parents[1])
    return PreviewOrigin(
        run=run.path,
        config=run.read_config(),
        model=run.read_model(),
        images_seen=images_seen,
        count=count,
    )
