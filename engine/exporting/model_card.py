"""The model card of an exported model: ``README.md`` in the layout of the Hugging Face Hub.

Source of the layout: Mitchell et al. 2019, arXiv:1810.03993 (model cards), and
https://huggingface.co/docs/hub/model-cards (the YAML header).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.config.run import RunConfig
from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts, TextFacts
from engine.data.manifest import Manifest
from engine.data.tokenizers import BPE, END, SPECIAL
from engine.events import EvaluationCompleted
from engine.metrics.report import GROUPS
from engine.printable import printable
from engine.runs.metadata import ModelMetadata

SAMPLE_SEED = 1
"""Seed of the pictures in the card, which ``sample.py`` takes by default."""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|])")
_TASKS = (
    (frozenset({TEXT, IMAGE}), "text-to-image"),
    (frozenset({TEXT, AUDIO}), "text-to-audio"),
    (frozenset({IMAGE}), "unconditional-image-generation"),
    (frozenset({TEXT}), "text-generation"),
)
"""Tasks of the Hub by the kinds of columns; the first that fits counts."""


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card says."""

    name: str
    """Of the model."""
    config: RunConfig
    model: ModelMetadata
    manifest: Manifest | None
    """Of the dataset; None if it is not there any more."""
    parameters: int
    images_seen: int
    elapsed_s: float
    evaluation: EvaluationCompleted | None
    """The newest of the run up to the exported weights."""
    verdict: str = ""
    """One sentence on the run."""
    has_dataset_licence: bool = False
    """Whether the folder has the text of the dataset's licence."""
    onnx: bool = False
    """Whether the folder has ONNX files."""
    torch_version: str = ""
    version: str
    """Of Diptych."""


def model_card(facts: CardFacts) -> str:
    """Write the card in Markdown, with its YAML header."""
    parts = (
        _header(facts),
        f"# {_plain(facts.name)}",
        _introduction(facts),
        "![Samples](samples.png)",
        f"Samples from noise with seed {SAMPLE_SEED}, not selected.",
        "## Use",
        _use(facts),
        "## Data and licence",
        _data(facts),
        "## Figures",
        _figures(facts),
        "## Limits",
        "\n".join(f"- {line}" for line in _limits(facts)),
        "## Training",
        _training(facts),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _header(facts: CardFacts) -> str:
    """Write the YAML header; JSON strings are YAML strings."""
    kinds = {column.kind for column in facts.model.columns.values()}
    task = next((name for needed, name in _TASKS if needed <= kinds), "")
    lines = [
        "library_name: diptych",
        "license: other",
        f"license_name: {json.dumps(_licence(facts), ensure_ascii=False)}",
        "license_link: README.md#data-and-licence",
        *([f"pipeline_tag: {task}"] if task else []),
        "tags:",
        *(f"- {tag}" for tag in ("diptych", f"diptych-{facts.config.family}", *sorted(kinds))),
    ]
    return "\n".join(["---", *lines, "---"])


def _introduction(facts: CardFacts) -> str:
    columns = "\n".join(
        f"- `{printable(name)}`: {_column(column, facts)}"
        for name, column in facts.model.columns.items()
    )
    notice = f"**{_plain(facts.model.notice)}.**\n\n" if facts.model.notice else ""
    return (
        f"{notice}A generator of the *{facts.config.family}* family with "
        f"{facts.parameters:,} parameters, trained with Diptych. "
        f"It generates items with these columns, and given some of them the others:\n\n{columns}"
    )


def _column(column: ColumnFacts, facts: CardFacts) -> str:
    networks = facts.config.networks
    match column:
        case ImageFacts():
            height, width = column.aspect.scaled(networks.image_size)
            colours = "grey" if column.channels == 1 else "RGB"
            return f"images of {width} x {height} px, {colours}"
        case TextFacts():
            words = f"{len(column.tokenizer):,} ({column.tokenizer.to_table()['kind']})"
            most = "1 token" if column.length == 2 else f"{column.length - 1} tokens"
            return f"texts of at most {most}, from a vocabulary of {words}"
        case AudioFacts():
            return f"sounds of {column.samples / column.rate:.2f} s at {column.rate:,} Hz, mono"
        case TableFacts():
            fields = ", ".join(f"`{printable(field.name)}`" for field in column.fields)
            return f"rows of a table with the fields {fields}"


def _use(facts: CardFacts) -> str:
    texts = {n: c.tokenizer for n, c in facts.model.columns.items() if isinstance(c, TextFacts)}
    name, given = next(iter(texts), ""), ""
    if texts and len(facts.model.columns) > 1:
        # The most frequent word, which is the first in the vocabulary.
        example = printable(texts[name].decode([len(SPECIAL), END])) or "..."
        given = f'python sample.py --given "{printable(name)}={example}"\n'
    has_bytes = any(tokenizer.to_table()["kind"] == BPE for tokenizer in texts.values())
    needed = "torch safetensors numpy" + (" tokenizers" if has_bytes else "")
    onnx = (
        "\n\nThe files in `onnx` draw and read without PyTorch; their `metadata_props` have the "
        "vocabulary and the scale of their inputs and outputs."
        if facts.onnx
        else ""
    )
    return (
        f"```\npip install {needed}\npython sample.py --count 16 --seed {SAMPLE_SEED} "
        f"--folder samples\n{given}```\n\n"
        "`networks` has the definition of the networks, collected from Diptych's source. Diptych "
        f"itself opens this folder as a run: *File > Open run*, or `diptych sample --run`.{onnx}"
    )


def _licence(facts: CardFacts) -> str:
    known = facts.manifest.licence if facts.manifest else ""
    return printable(known) or "unknown"


def _data(facts: CardFacts) -> str:
    manifest, model = facts.manifest, facts.model
    named = f"*{_plain(manifest.title or model.dataset)}*" if manifest else _plain(model.dataset)
    size = f" ({manifest.train_items:,} items for training)" if manifest else ""
    version = f"version `{printable(model.dataset_version)}`"
    lines = [f"Trained on {named}{size}, {version}.", f"Licence: {_plain(_licence(facts))}."]
    if facts.has_dataset_licence:
        lines.append("Its text is in `DATASET_LICENSE.txt`.")
    if not (manifest and manifest.licence):
        lines.append("Whoever publishes this model has to find out whether the data permits it.")
    lines.append("The code in this folder is licensed under Apache-2.0 (`LICENSE.txt`).")
    return " ".join(lines)


def _figures(facts: CardFacts) -> str:
    evaluation = facts.evaluation
    if evaluation is None:
        return "The run was not evaluated."
    rows = [
        f"| {name} | {evaluation.metrics[name]:.4g} | {_beside(evaluation.metrics, name)} |"
        for names in GROUPS.values()
        for name in names
        if name in evaluation.metrics
    ]
    head = "| figure | value | chance / real items |\n|---|---|---|"
    about = (
        f"Measured by Diptych after {evaluation.images_seen:,} items on "
        f"{facts.config.reporting.eval_samples:,} samples, in a run with seed {facts.config.seed}. "
        "One run says little about another seed. Distances (kid, fid) are computed from features "
        "of a small classifier and compare runs on this dataset alone."
    )
    return "\n".join([about, "", head, *rows])


def _beside(metrics: Mapping[str, float], name: str) -> str:
    values = (metrics.get(f"{name}_{suffix}") for suffix in ("baseline", "upper_bound"))
    return " / ".join("-" if value is None else f"{value:.4g}" for value in values)


def _limits(facts: CardFacts) -> Iterator[str]:
    if facts.model.notice:
        yield f"{_plain(facts.model.notice)}."
    yield "It knows what its dataset shows and nothing else; faults of the data are in the samples."
    for name, column in facts.model.columns.items():
        if isinstance(column, TextFacts) and column.tokenizer.to_table()["kind"] != BPE:
            yield (
                f"`{printable(name)}` is generated and understood in the words of "
                "`vocabulary.json` only; a text with another word is refused."
            )
    if facts.model.first(TABLE) is not None:
        yield "Rows of tables are plausible, not true; a single row says nothing of a single case."
    metrics = facts.evaluation.metrics if facts.evaluation else {}
    if "memorisation" in metrics:
        yield (
            f"Samples may repeat training items: {metrics['memorisation']:.1%} are nearer to one "
            "than nearly all held-out items are, and 1% would be expected."
        )
    else:
        yield "Whether samples repeat training items was not measured."
    if facts.verdict:
        yield _plain(facts.verdict)


def _training(facts: CardFacts) -> str:
    config = facts.config
    torch = f", PyTorch {printable(facts.torch_version)}" if facts.torch_version else ""
    return (
        f"{facts.images_seen:,} items in {facts.elapsed_s / 60:.1f} minutes, preset "
        f"`{printable(config.preset)}`, seed {config.seed}; exponential moving average of the "
        f"weights. Diptych {printable(facts.version)}{torch}. All settings are in `config.json`."
    )


def _plain(text: str) -> str:
    """Escape what Markdown and HTML would interpret, and put a text on one line."""
    return _MARKUP.sub(r"\\\1", printable(" ".join(text.split())))
