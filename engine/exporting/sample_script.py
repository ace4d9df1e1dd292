"""Samples from this model: ``python sample.py --count 16 --seed 1 --folder samples``.

``--given COLUMN=TEXT``, which may be repeated, gives the texts of a column, and the rest is
generated. Needs torch, safetensors and numpy; and tokenizers if the texts have byte-pair tokens.
"""

import argparse
import json
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file

from engine.config.networks import NetworkConfig
from engine.data.facts import TextFacts, facts_from_table
from engine.exporting.plain_files import write_items
from engine.nets.protocols import PairModel
from engine.sample.generator import load_generator
from engine.sample.load import encode_texts
from engine.sample.sampler import Sampler

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--count", type=int, default=16)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--truncation", type=float, default=1.0)
parser.add_argument("--given", action="append", default=[], metavar="COLUMN=TEXT")
parser.add_argument("--folder", type=Path, default=Path("samples"))


def main() -> None:
    """Load the model, sample from it and write the items."""
    asked, here, device = parser.parse_args(), Path(__file__).parent, torch.device("cpu")
    config = json.loads((here / "config.json").read_text("utf-8"))
    words = json.loads((here / "vocabulary.json").read_text("utf-8"))
    listed = config["model"]["columns"]
    columns = facts_from_table([entry | words.get(entry["name"], {}) for entry in listed])
    networks = NetworkConfig(**config["settings"]["networks"])
    tensors = load_file(here / "model.safetensors")
    family = config["settings"]["family"]
    modalities, model = load_generator(family, networks, columns, tensors, device)
    sampler = Sampler(cast("PairModel", model), modalities, device, asked.truncation)

    texts: dict[str, list[str]] = {}
    for given in asked.given:
        name, _equals, text = given.partition("=")
        texts.setdefault(name, []).append(text)
    if not texts:
        write_items(asked.folder, sampler.from_noise(asked.count, asked.seed))
        return
    facts = {name: cast("TextFacts", columns[name]) for name in texts}
    rows = {name: encode_texts(texts[name], facts[name]) for name in texts}
    write_items(asked.folder, sampler.complete_items(rows, asked.seed))


if __name__ == "__main__":
    main()
