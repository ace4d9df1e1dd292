"""Changes of settings between two steps: on request, and those that the configuration lists."""

import logging
from collections.abc import Callable, Mapping

from engine.config.changes import live_settings, settings_at, text_of, with_changes
from engine.config.run import RunConfig
from engine.config.sections import ReportingConfig
from engine.config.setting import value_at
from engine.errors import EngineError
from engine.events import SettingsChanged, SettingsRejected
from engine.train.context import RunContext
from engine.train.setup import TrainingSetup, check_column_weights

log = logging.getLogger(__name__)


class LiveSettings:
    """Keeps the settings in effect at what the configuration says for the images seen.

    A requested change is written into ``run.toml`` before it takes effect. A run that is killed
    right after it therefore repeats it at the same step, even from an earlier checkpoint.

    Args:
        run: networks and data.
        context: of the run.
        report_differently: receives the settings of reporting whenever they may have changed.
    """

    def __init__(
        self,
        run: TrainingSetup,
        context: RunContext,
        report_differently: Callable[[ReportingConfig], None],
    ) -> None:
        self._run, self._context = run, context
        self._report_differently = report_differently
        self._due_images: int | None = None
        self.settle()

    def settle(self) -> None:
        """Follow the configuration from the images seen now, after a rollback."""
        images_seen = self._run.state.images_seen
        later = (change.images for change in self._run.config.changes)
        self._due_images = next((images for images in later if images > images_seen), None)
        self._context.estimator.use(self._run.settings.reporting)
        self._report_differently(self._run.settings.reporting)

    def update(self) -> None:
        """Make the requested changes, and those that are due before the next step."""
        for values in self._context.control.take_changes():
            self._accept(values)
        due = self._due_images
        if due is not None and self._run.state.images_seen >= due:
            self._apply(settings_at(self._run.config, self._run.state.images_seen))

    def _accept(self, values: Mapping[str, object]) -> None:
        run, context = self._run, self._context
        images_seen = run.state.images_seen
        try:
            config = with_changes(run.config, images_seen, values)
            settings = settings_at(config, images_seen)
            check_column_weights(settings.training.column_weights, run.model)
            if config != run.config:
                folder = context.directory.folder
                folder.write_config(config.with_values(run=folder.path))
        except EngineError as error:
            log.info("Settings are not changed: %s", error)
            context.emit(SettingsRejected(images_seen=images_seen, error=error))
            return
        run.config = context.config = config
        self._apply(settings)

    def _apply(self, settings: RunConfig) -> None:
        run, before = self._run, self._run.settings
        run.use(settings)
        self.settle()
        for name in live_settings(RunConfig):
            old, new = text_of(value_at(before, name)), text_of(value_at(settings, name))
            if old != new:
                seen, step = run.state.images_seen, run.state.step
                self._context.emit(
                    SettingsChanged(images_seen=seen, step=step, field=name, old=old, new=new)
                )
