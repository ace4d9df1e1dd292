"""Finds the training image nearest to a generated one, in a worker thread.

The evaluator of the dataset is needed. If it is not in the cache it is trained only on request, and
never beside a run: it would take processor time and the global random numbers from it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from engine.control import RunControl
from engine.errors import DatasetChangedError
from engine.events import ImageArray
from engine.metrics.distances import NearestImage
from engine.runs.folder import RunFolder
from studio.jobs.task import CancellingJob

_PATIENCE_MS = 20_000
FindNearest = Callable[[Path, ImageArray, bool, RunControl], NearestImage]
"""From folder of the run, image [S, S, 3], whether to train the evaluator, and control."""


class NearestJob(CancellingJob):
    """Answers one request at a time; ``ended`` carries a ``NearestImage``.

    Args:
        find: the search; the engine's by default.
        is_training: whether a run is being trained in this process.
        parent: the owner.
    """

    def __init__(
        self,
        find: FindNearest,
        is_training: Callable[[], bool] = lambda: False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__("nearest image", parent)
        self._find = find
        self._is_training = is_training
        self._trains = False

    @property
    def can_train(self) -> bool:
        """Whether the evaluator may be trained now."""
        return not self._is_training()

    def find(self, run: Path, image: ImageArray, *, may_train: bool = False) -> None:
        """Find the training image nearest to a generated one.

        Args:
            run: folder of the run that generated it.
            image: [S, S, 3].
            may_train: train the evaluator if it is not in the cache.

        Emits ``ended`` with ``EvaluatorMissingError`` if the evaluator must be trained first.
        """
        self._trains = may_train and self.can_train
        trains = self._trains
        self.request(lambda _tell, control: self._find(run, image, trains, control))

    def shut_down(self) -> None:
        """Stop and wait for the thread, when quitting."""
        self.forget()
        self.wait(_PATIENCE_MS)

    def on_run_started(self) -> None:
        """Stop training the evaluator, because a run begins."""
        if self._trains and self.is_running:
            self.cancel()


class EngineSearch:
    """The engine's search; keeps the evaluator and the features of the last dataset."""

    def __init__(self) -> None:
        self._key: object = None
        self._images: Any = None

    def __call__(
        self,
        run: Path,
        image: ImageArray,
        may_train: bool,  # noqa: FBT001 - as FindNearest has it
        control: RunControl,
    ) -> NearestImage:
        """Find the training image nearest to a generated one.

        Raises:
            EvaluatorMissingError: the evaluator must be trained first.
            RunMissingError, ConfigError: the run cannot be read.
            DatasetMissingError, DatasetCorruptError, DatasetChangedError: its dataset is not there.
            StoppedError: a stop was requested.
        """
        from engine.data.reduction import reduce_dataset
        from engine.data.store import open_dataset
        from engine.metrics.evaluate import NearestImages
        from engine.metrics.extractor import default_cache

        folder = RunFolder(run)
        config, model = folder.read_config(), folder.read_model()
        version, shape = model.dataset_version, model.image_shape(config.networks.image_size)
        key = (config.dataset, version, shape, config.data)
        if key != self._key:
            dataset = open_dataset(config.dataset)
            found = dataset.manifest.version
            if found != version:
                raise DatasetChangedError(dataset.folder, version, found)
            self._images = NearestImages(
                dataset,
                shape,
                default_cache(),
                control,
                may_train=may_train,
                trained_on=reduce_dataset(dataset, config.data),
            )
            self._key = key
        return self._images.find(image)
