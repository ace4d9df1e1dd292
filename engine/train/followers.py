"""A run in several processes: what rank 0 shares with the others, and what these do.

Rank 0 is the run: it has the folder, the clock, the control and all events. The other ranks wait
for its orders and see none of these. A failure on any rank ends the run on all, with a checkpoint
of the last complete step; only after a lack of memory do all set up again, with smaller parts.
"""

import itertools
import logging
import traceback
from typing import Any, cast

from engine import ranks
from engine.config.run import RunConfig
from engine.config.toml import config_from_toml, config_to_toml
from engine.errors import EngineError, RankLostError
from engine.rank_channel import FAILED, OUT_OF_MEMORY, READY, Message
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.train.device import is_out_of_memory, keep_freed_memory, release_memory
from engine.train.orders import Order
from engine.train.setup import TrainingSetup, fits_into_memory, set_up_follower

log = logging.getLogger(__name__)

_connections = itertools.count()


def share_run(run: TrainingSetup) -> None:
    """Let the other ranks set up the same run, and connect all; nothing in a single process.

    Raises:
        RankLostError: a rank failed.
    """
    if ranks.size() == 1:
        return
    ranks.disconnect()
    number = next(_connections)
    ranks.order(
        Order.SET_UP,
        connection=number,
        config=config_to_toml(run.config),
        images_seen=run.state.images_seen,
        dataset_version=run.model.dataset_version,
    )
    ranks.wait_until_ready()
    ranks.connect(run.state.device, number)
    share_state(run)


def share_state(run: TrainingSetup) -> None:
    """Let the other ranks take over all tensors and counters; nothing in a single process.

    Raises:
        RankLostError: a rank failed.
    """
    if ranks.size() == 1:
        return
    state = run.state
    ranks.order(Order.LOAD_STATE, step=state.step, images_seen=state.images_seen)
    ranks.broadcast_tensors(state.tensors())


def follow() -> None:
    """Do what rank 0 tells this rank, until it has ended; reports every failure to it."""
    keep_freed_memory()
    follower = _Follower()
    while (order := ranks.next_order()) is not None:
        try:
            follower.obey(order)
        except RankLostError:
            # Another rank failed; rank 0 knows why, and what to do next.
            follower.release()
        except Exception as error:
            kind, reason = _described(error)
            log.info("This rank failed: %s", reason, exc_info=error)
            ranks.answer(kind, reason)
            # The frames reference the tensors.
            traceback.clear_frames(error.__traceback__)
            follower.release()


def _described(error: Exception) -> tuple[str, str]:
    if is_out_of_memory(error):
        return OUT_OF_MEMORY, "it ran out of memory"
    if isinstance(error, EngineError):
        return FAILED, str(error).rstrip(".")
    return FAILED, f"unexpected {type(error).__name__}: {error}"


class _Follower:
    """The run as a rank other than 0 has it."""

    def __init__(self) -> None:
        self._run: TrainingSetup | None = None

    def obey(self, order: Message) -> None:
        """Do one thing. An order for a run that this rank has given up is ignored."""
        values = cast("dict[str, Any]", order)
        match order["kind"], self._run:
            case Order.SET_UP, _:
                self._set_up(
                    config_from_toml(values["config"]),
                    values["images_seen"],
                    values["dataset_version"],
                    values["connection"],
                )
            case Order.LOAD_STATE, TrainingSetup() as run:
                metadata = CheckpointMetadata(
                    step=values["step"],
                    images_seen=values["images_seen"],
                    elapsed_s=0.0,
                    config_hash="",
                )
                run.state.restore(ranks.broadcast_tensors(), metadata)
            case Order.WARM_UP, TrainingSetup() as run:
                run.step.num_micro_batches = values["num_micro_batches"]
                fits_into_memory(run)
            case Order.STEP, TrainingSetup() as run:
                run.step.num_micro_batches = values["num_micro_batches"]
                run.state.set_learning_rate(values["learning_rate"])
                run.step(run.batch(run.state.step), run.state.step)
                run.state.finish_step(run.settings.training)
            case Order.USE_SETTINGS, TrainingSetup() as run:
                run.use(config_from_toml(values["settings"]))
            case Order.RELEASE, _:
                self.release()
            case _:
                pass

    def release(self) -> None:
        """Free the memory of the run, and let ranks that wait for this one know."""
        ranks.disconnect()
        if self._run is not None:
            self._run.loader.close()
        self._run = None
        release_memory()

    def _set_up(
        self, config: RunConfig, images_seen: int, dataset_version: str, connection: int
    ) -> None:
        self.release()
        run = set_up_follower(config, images_seen, dataset_version)
        ranks.answer(READY)
        ranks.connect(run.state.device, connection)
        self._run = run
