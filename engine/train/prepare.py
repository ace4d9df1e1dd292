"""From a configuration to everything a run needs, before the first step."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.config.run import RunConfig
from engine.data.images import resize
from engine.data.loader import DeviceLoader
from engine.data.store import StoredDataset, open_dataset
from engine.events import RunPrepared
from engine.nets.modality import Modality
from engine.runs.folder import ModelFacts, RunFolder, write_model
from engine.sample.sampler import build_modalities
from engine.train.device import describe, find_device
from engine.train.state import TrainingState, build_state, parameter_count
from engine.train.step import AdversarialStep


@dataclass(frozen=True, kw_only=True)
class PreparedRun:
    """What the loop works with."""

    config: RunConfig
    folder: RunFolder
    state: TrainingState
    modalities: tuple[Modality, ...]
    loader: DeviceLoader
    step: AdversarialStep
    announcement: RunPrepared

    def batch(self, step: int) -> dict[str, Tensor]:
        """Give the real pairs of a step, in the networks' form."""
        stored = self.loader.batch(step)
        return {m.name: m.read(stored[m.name]) for m in self.modalities}


def prepare(config: RunConfig, folder: RunFolder) -> PreparedRun:
    """Load the data onto the device and build the networks.

    Raises:
        EngineError: the dataset or the device is not to be had; the class says why.
    """
    device = find_device(config.device)
    dataset = open_dataset(config.dataset)
    facts = ModelFacts(
        dataset=dataset.manifest.name,
        dataset_version=dataset.manifest.version,
        channels=dataset.manifest.channels,
        text_length=dataset.manifest.text_length,
        vocabulary=dataset.vocabulary,
    )
    write_model(folder, facts)
    modalities = build_modalities(config.networks, facts)
    stored = stored_rows(dataset, config.networks.image_size, device)
    state = build_state(modalities, config, device)
    return PreparedRun(
        config=config,
        folder=folder,
        state=state,
        modalities=modalities,
        loader=DeviceLoader(stored, config.training.batch_size, config.seed),
        step=AdversarialStep(state, config.training, config.seed),
        announcement=RunPrepared(
            folder=folder.path,
            dataset=dataset.manifest.name,
            pairs=dataset.manifest.train_pairs,
            image_size=config.networks.image_size,
            device=describe(device),
            generator_parameters=parameter_count(state.generator),
            critic_parameters=parameter_count(state.critic),
        ),
    )


def stored_rows(dataset: StoredDataset, size: int, device: torch.device) -> dict[str, Tensor]:
    """Put a dataset's training pairs on the device.

    Returns:
        ``image``: [N, C, H, W] uint8; ``text``: [N, L] word numbers.
    """
    rows = dataset.rows("train")
    images = np.ascontiguousarray(dataset.images[rows])
    if images.shape[1:3] != (size, size):
        images = resize(images, size)
    texts = [dataset.texts[row] for row in rows]
    words = dataset.vocabulary.encode_all(texts, dataset.manifest.text_length)
    return {
        "image": torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device),
        "text": torch.from_numpy(words).to(device),
    }


def warm_up(run: PreparedRun) -> None:
    """Take two steps on copies, with and without the penalty, and forget them.

    The first step compiles kernels and grows memory pools, which takes up to a second; done here,
    the window can say so and the clock does not count it.
    """
    rehearsal = copy.deepcopy(run.state)
    step = AdversarialStep(rehearsal, run.config.training, run.config.seed)
    for number in range(2):
        step(run.batch(number), number)
