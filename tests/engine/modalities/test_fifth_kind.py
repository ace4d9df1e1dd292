"""A kind that the program does not know: one class of facts, one file, one entry in each table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.control import RunControl
from engine.data import facts
from engine.data.column_info import ColumnInfo, text_column
from engine.data.loader import StoredRows
from engine.data.store import StoredDataset, write_dataset
from engine.data.word_vectors import WordVectors
from engine.events import Outcome, RunEnded
from engine.modalities import registry
from engine.modalities.kind import Augmenters, Rows, shared_rows
from engine.nets.protocols import rows_equal
from engine.sample.load import load_run
from engine.train.run import train
from tests.helpers.tiny import tiny_config


@dataclass(frozen=True, kw_only=True)
class PointFacts:
    kind: ClassVar[str] = "point"
    size: int


class PointDecoder(nn.Module):
    def __init__(self, context_dim: int, size: int) -> None:
        super().__init__()
        self.layer, self.size = nn.Linear(context_dim + size, size), size

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.randn(count, self.size, generator=generator)

    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        # Decoders of a latent code take it first, those with a context last.
        return self.layer(torch.cat([noise, context], 1))


@dataclass(frozen=True, kw_only=True)
class PointModality:
    name: str
    size: int
    embedding_dim: int
    is_discrete: bool = False
    likelihood_weight: float = 1.0

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        return rows_equal(one, other)

    def preprocess(self, stored: Tensor) -> Tensor:
        return stored

    def postprocess(self, items: Tensor) -> Any:
        return tuple(f"{x:.1f} {y:.1f}" for x, y in items.tolist())

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        return {f"{self.name}_diversity": made.std(0).mean() / real.std(0).mean()}

    def build_encoder(self) -> nn.Module:
        return nn.Linear(self.size, self.embedding_dim)

    def build_decoder(self) -> nn.Module:
        return PointDecoder(self.embedding_dim, self.size)

    def build_backbone(self) -> nn.Module:
        return nn.Linear(self.size, self.embedding_dim)

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        return PointDecoder(latent_dim, self.size)


class PointKind:
    def fit(
        self, dataset: StoredDataset, name: str, config: RunConfig
    ) -> tuple[PointFacts, RunConfig]:
        return PointFacts(size=dataset.columns[name].info.shape[1]), config

    def load(
        self,
        dataset: StoredDataset,
        name: str,
        items: Rows,
        facts: PointFacts,
        networks: NetworkConfig,
    ) -> StoredRows:
        rows, first = shared_rows(dataset.array(name), items)
        values = np.ascontiguousarray(dataset.array(name).values[rows])
        return StoredRows(rows=torch.from_numpy(values), first_row=first)

    def build(
        self, name: str, facts: PointFacts, networks: NetworkConfig, vectors: WordVectors | None
    ) -> PointModality:
        return PointModality(name=name, size=facts.size, embedding_dim=networks.embedding_dim)

    def augmenters(self, dataset: StoredDataset, name: str, config: RunConfig) -> Augmenters:
        return Augmenters()


@pytest.fixture
def fifth_kind(monkeypatch):
    monkeypatch.setitem(facts.FACTS, "point", PointFacts)
    monkeypatch.setitem(registry.KINDS, "point", PointKind())
    monkeypatch.setattr(registry, "GENERATION_ORDER", (*facts.GENERATION_ORDER, "point"))


def points(folder: Path) -> Path:
    places = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    records = [
        {
            "text": ("north", "east")[row % 2],
            "place": row % 2,
            "split": "held_out" if row % 5 == 4 else "train",
        }
        for row in range(20)
    ]
    column = ColumnInfo(name="place", kind="point", shape=(2, 2), dtype="float32")
    write_dataset(
        folder,
        name="places",
        title="",
        records=records,
        licence="",
        source="",
        columns=[text_column(), column],
        arrays={"place": places},
    )
    return folder


@pytest.mark.parametrize("family", ADVERSARIAL_FAMILIES)
@pytest.mark.usefixtures("fifth_kind")
def test_a_fifth_kind_is_trained_and_sampled(tmp_path, family):
    config = tiny_config(points(tmp_path / "data"), tmp_path / "run", images=16)
    events: list[object] = []
    train(config.with_values(family=family), events.append, RunControl())
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    assert ended.outcome is Outcome.FINISHED, ended.error
    loaded = load_run(tmp_path / "run", torch.device("cpu"))
    assert loaded.model.columns["place"] == PointFacts(size=2)
    given = {"place": torch.tensor([[0.0, 1.0], [1.0, 0.0]])}
    samples = next(loaded.sampler.complete_items(given, 1))
    assert samples.columns["place"] == ("0.0 1.0", "1.0 0.0")
    assert len(samples.columns["text"]) == 2


def test_an_unknown_kind_is_refused_with_its_name(tmp_path, problem_log):
    events: list[object] = []
    train(tiny_config(points(tmp_path / "data"), tmp_path / "run"), events.append, RunControl())
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    assert "unknown kind 'point'" in str(ended.error)
    problem_log.expect("failed")
