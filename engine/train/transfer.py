"""Starts a new run from the weights of an earlier one (fine-tuning).

Networks are taken over tensor by tensor, where name and shape agree. Tensors that depend on the
vocabulary are taken over token by token, those that depend on the length of the texts position by
position; ``TextNetwork.text_axes`` says which they are. What does not fit keeps its initial value.
The generator and its EMA both start from the earlier EMA: the half-life of the EMA is a fraction
of the images seen, so an EMA that differed from its generator would be forgotten within a few
steps. Moments of the optimizers and the state of adaptive augmentation start from the beginning.

Nothing of the earlier run is unpickled, and its folder is only read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.config.run import RunConfig
from engine.data.facts import TextFacts
from engine.data.reduction import open_training_dataset
from engine.data.text_choice import AUTO
from engine.data.tokenizers import SPECIAL
from engine.errors import ConfigError, Problem
from engine.events import WeightsTransferred
from engine.modalities.registry import build_modalities
from engine.nets.blocks import shapes_only
from engine.nets.protocols import AxisKind, TensorAxis, TextNetwork
from engine.runs.branching import InitialRun, find_initial_run
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.metadata import ModelMetadata
from engine.sample.load import EMA_PREFIX
from engine.train.data import model_metadata
from engine.train.families import build_networks
from engine.train.state import GENERATOR


def follow_initial_run(config: RunConfig, initial: InitialRun | None) -> RunConfig:
    """Take what is left automatic about texts and sounds from the earlier run.

    Words of another kind of token, and tensors of another encoding, could not be taken over, and a
    decoder that is conditioned in another way would have to learn anew, as would another encoder.
    """
    if initial is None:
        return config
    before, changes = initial.config, dict[str, str]()
    if config.data.tokenizer == AUTO:
        changes["data__tokenizer"] = before.data.tokenizer
    if config.networks.text_encoding == AUTO:
        changes["networks__text_encoding"] = before.networks.text_encoding
    if config.networks.text_conditioning == AUTO:
        changes["networks__text_conditioning"] = before.networks.text_conditioning
    if config.networks.sound_encoder == AUTO:
        changes["networks__sound_encoder"] = before.networks.sound_encoder
    return config.with_values(**changes)


@dataclass(frozen=True, kw_only=True)
class _Vocabularies:
    """How the texts of a column of the new run relate to those of the earlier one."""

    new_ids: Tensor
    """Ids in the new vocabulary of the tokens that both have: [K]."""
    old_ids: Tensor
    """Their ids in the earlier one: [K]."""
    sizes: tuple[int, int]
    """Of the new vocabulary and of the earlier one."""
    lengths: tuple[int, int]
    """Positions of a text, new and earlier."""
    has_same_encoding: bool
    """Whether both runs represent tokens in the same way, as one-hot rows or as ids."""

    @property
    def is_same(self) -> bool:
        """Whether both have the same tokens under the same ids."""
        same = len(self.new_ids) == self.sizes[0] == self.sizes[1]
        return same and torch.equal(self.new_ids, self.old_ids)


def transfer(
    networks: Mapping[str, nn.Module],
    config: RunConfig,
    model: ModelMetadata,
    initial: InitialRun,
) -> WeightsTransferred:
    """Copy the weights of an earlier run into new networks, as far as they fit.

    Args:
        networks: of the new run, by name; changed in place.
        config: of the new run, with its text encoding resolved.
        model: of the new run.
        initial: the earlier run.

    Raises:
        RunMissingError, ConfigError: the earlier run cannot be read, or nothing of it fits.
        CheckpointCorruptError: its checkpoint is damaged.
    """
    before = initial.folder.read_model()
    shared = _compare(config, model, initial.config, before)
    taken, total, has_weights = 0, 0, False
    for name, network in networks.items():
        prefix = EMA_PREFIX if name == GENERATOR else f"{name}."
        copied = _copy_tensors(network, read_tensors(initial.checkpoint, prefix), shared)
        taken, total = taken + len(copied), total + len(network.state_dict())
        if name == GENERATOR:
            # Biases and statistics alone fit almost anything.
            has_weights = any(tensor.dim() > 1 for tensor in copied)
    if not has_weights:
        reason = f"cannot be used: no weights of {initial.folder.path} fit these networks"
        raise ConfigError([Problem("init_from", reason)])
    return WeightsTransferred(
        run=initial.folder.path.resolve().name,
        checkpoint=initial.checkpoint.name,
        images_seen=read_metadata(initial.checkpoint).images_seen,
        tensors=taken,
        all_tensors=total,
        words=sum(len(v.new_ids) - len(SPECIAL) for v in shared.values() if v.has_same_encoding),
        all_words=sum(
            len(facts.tokenizer) - len(SPECIAL)
            for facts in model.columns.values()
            if isinstance(facts, TextFacts)
        ),
    )


def preview_transfer(config: RunConfig) -> WeightsTransferred | None:
    """Return what a run would take over; None if it starts from no earlier run.

    Only shapes are compared; nothing is written.

    Raises:
        EngineError: as ``transfer``, or the dataset cannot be read.
    """
    initial = find_initial_run(config)
    if initial is None:
        return None
    config = follow_initial_run(config, initial)
    model, config = model_metadata(config, open_training_dataset(config))
    modalities = build_modalities(model.columns, config.networks)
    # Without memory and without the global randomness, which a run may be using.
    with shapes_only():
        networks = build_networks(modalities, config)
    return transfer(networks, config, model, initial)


def _compare(
    config: RunConfig, model: ModelMetadata, before: RunConfig, earlier: ModelMetadata
) -> dict[str, _Vocabularies]:
    """Match the vocabularies of the columns of texts that both runs have."""
    has_same_encoding = config.networks.text_encoding == before.networks.text_encoding
    return {
        column: _match_tokens(facts, old, has_same_encoding=has_same_encoding)
        for column, facts in model.columns.items()
        if isinstance(facts, TextFacts)
        and isinstance(old := earlier.columns.get(column), TextFacts)
    }


def _match_tokens(
    facts: TextFacts, earlier: TextFacts, *, has_same_encoding: bool
) -> _Vocabularies:
    """Match the tokens of two vocabularies; of different kinds they share the special ones."""
    new, old = facts.tokenizer.tokens(), earlier.tokenizer.tokens()
    is_same_kind = facts.tokenizer.to_table()["kind"] == earlier.tokenizer.to_table()["kind"]
    known = {token: number for number, token in enumerate(old if is_same_kind else SPECIAL)}
    pairs = [(number, known[token]) for number, token in enumerate(new) if token in known]
    ids = torch.tensor(pairs, dtype=torch.long).T
    return _Vocabularies(
        new_ids=ids[0],
        old_ids=ids[1],
        sizes=(len(new), len(old)),
        lengths=(facts.length, earlier.length),
        has_same_encoding=has_same_encoding,
    )


@torch.no_grad()
def _copy_tensors(
    network: nn.Module, source: Mapping[str, Tensor], shared: Mapping[str, _Vocabularies]
) -> list[Tensor]:
    """Copy what fits into a network; return its tensors that were changed."""
    axes = dict(_text_axes(network))
    copied: list[Tensor] = []
    for name, target in network.state_dict().items():
        value = source.get(name)
        if value is None or value.dtype != target.dtype:
            continue
        value = value.to(target.device)
        axis = axes.get(name)
        if axis is None:
            fits = target.shape == value.shape
            if fits:
                target.copy_(value)
        else:
            # A tensor of whole items has no column in its name; all vocabularies must be the same.
            own = [shared[part] for part in name.split(".") if part in shared]
            same = [one for one in shared.values() if one.is_same]
            whole = same if len(same) == len(shared) else []
            fits = any(_copy_along(target, value, axis, one) for one in (own or whole)[:1])
        if fits:
            copied.append(target)
    return copied


def _copy_along(target: Tensor, value: Tensor, axis: TensorAxis, shared: _Vocabularies) -> bool:
    """Copy the entries along an axis that both tensors have; return whether they fit."""
    dim, kind = axis
    if kind is AxisKind.CLUSTERS:
        fits = shared.has_same_encoding and shared.is_same and target.shape == value.shape
        if fits:
            target.copy_(value)
        return fits
    new_count, old_count = shared.lengths if kind is AxisKind.POSITIONS else shared.sizes
    if target.dim() != value.dim() or value.shape[dim] % old_count:
        return False
    block = value.shape[dim] // old_count
    expected = list(target.shape)
    expected[dim] = value.shape[dim]
    if list(value.shape) != expected or target.shape[dim] != new_count * block:
        return False
    if kind is AxisKind.POSITIONS:
        count = min(new_count, old_count) * block
        target.narrow(dim, 0, count).copy_(value.narrow(dim, 0, count))
        return True
    if block != 1 or not shared.has_same_encoding:
        return False
    new_ids, old_ids = shared.new_ids.to(target.device), shared.old_ids.to(target.device)
    target.index_copy_(dim, new_ids, value.index_select(dim, old_ids))
    return True


def _text_axes(network: nn.Module) -> Iterator[tuple[str, TensorAxis]]:
    """Yield the names of a network's tensors that depend on vocabulary or length."""
    for path, module in network.named_modules():
        if not isinstance(module, TextNetwork):
            continue
        for local, axis in module.text_axes().items():
            name = f"{path}.{local}" if path else local
            yield name, axis
            # Spectral norm renames a weight and keeps estimates of its singular vectors, of which
            # u has the first axis of the weight and v the second.
            owner, _, weight = name.rpartition(".")
            bound = f"{owner}.parametrizations.{weight}"
            yield f"{bound}.original", axis
            yield f"{bound}.0._{'uv'[axis.dim]}", TensorAxis(0, axis.kind)
