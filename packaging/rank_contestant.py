"""Takes training steps in some processes when told to.

    python packaging/rank_contestant.py STARTER PRESET PROCESSES THREADS

Each line of standard input is a number of steps; a line of standard output says that they are
done. ``bench_throughput.py ranks`` lets several of these take turns.
"""

import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Take steps of a run on a starter with a preset."""
    starter, preset = sys.argv[1:3]
    count, threads = map(int, sys.argv[3:])
    # Read once, when torch is imported.
    os.environ["OMP_NUM_THREADS"] = str(threads)

    import platformdirs

    import resources
    from engine import ranks
    from engine.cli.processes import several_processes
    from engine.config.presets import config_from_preset
    from engine.control import RunControl
    from engine.runs.folder import create_run_folder
    from engine.starters.build import build_starter
    from engine.train.device import keep_freed_memory
    from engine.train.followers import share_run
    from engine.train.orders import Order
    from engine.train.setup import set_up

    datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    dataset = build_starter(starter, resources.starters_folder(), datasets)
    keep_freed_memory()
    with several_processes(count), tempfile.TemporaryDirectory() as made:
        config = config_from_preset(preset, dataset=dataset, run=Path(made) / "run")
        config = config.with_values(device="cpu", training__precision="fp32")
        run = set_up(config, create_run_folder(config), lambda _event: None, RunControl())
        share_run(run)
        rate = config.training.learning_rate
        run.state.set_learning_rate(rate)
        for line in sys.stdin:
            for _step in range(int(line)):
                ranks.order(Order.STEP, learning_rate=rate, num_micro_batches=1)
                run.step(run.batch(run.state.step), run.state.step)
                run.state.finish_step(run.settings.training)
            print("done", flush=True)


if __name__ == "__main__":
    main()
