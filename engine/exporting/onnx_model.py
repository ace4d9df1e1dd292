"""Exports the networks of a model as ONNX, checked against PyTorch. Needs the extra ``onnx``.

- ``joint.onnx`` generates whole items from noise.
- ``draw.onnx`` generates the image of a text.
- ``read.onnx`` generates the text of an image, in families that choose all words at once. In the
  hybrid family ``read_begin.onnx`` encodes the image, and each call of ``read_step.onnx`` gives the
  log-probabilities of the next word.

Texts are token ids, images floats in [-1, 1]. ``metadata_props`` of each file hold the vocabulary
and the scale, so that a file stands alone. Any batch size is possible.

Shapes: B batch, L tokens of a text, V vocabulary size, C channels, H height, W width, S numbers of
the state of a recurrent decoder.
"""

import contextlib
import importlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from engine.control import RunControl
from engine.data.column_info import IMAGE, TEXT
from engine.data.tokenizers import END, PADDING, UNKNOWN
from engine.errors import ConfigError, EncoderMissingError, OnnxMismatchError, Problem
from engine.exporting.request import ONNX_EXTRA, has_onnx
from engine.nets.generator import PairGenerator
from engine.nets.protocols import Modality, PairModel
from engine.nets.text import TextDecoder
from engine.nets.token_text import TwoLevelTextDecoder
from engine.runs.metadata import ModelMetadata
from engine.sample.load import LoadedRun

FOLDER = "onnx"
"""Subfolder of an exported model with the files."""
TOLERANCE = 1e-5
"""Largest difference from PyTorch, of values between -1 and 1 or of log-probabilities."""
OPSET = 20
_BATCHES = (1, 5)
"""Batch sizes that are checked; another one is traced."""
_TRACED = 3
_NOISY = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")

log = logging.getLogger(__name__)


def ensure_onnx() -> None:
    """Check that ONNX files can be written and checked.

    Raises:
        EncoderMissingError: the extra is not installed.
    """
    if not has_onnx():
        raise EncoderMissingError("ONNX", ONNX_EXTRA)


def export_onnx(loaded: LoadedRun, folder: Path, control: RunControl | None = None) -> list[Path]:
    """Write the ONNX files of a model.

    Args:
        loaded: the model, on the CPU.
        folder: is created.
        control: may request a stop, which is noticed between two files.

    Returns:
        The files.

    Raises:
        EncoderMissingError: the extra is not installed.
        ConfigError: the model has other columns than an image and a text.
        OnnxMismatchError: a file does not compute what PyTorch computes.
        StoppedError: a stop was requested.
        OSError: a file cannot be written.
    """
    ensure_onnx()
    parts = _parts(loaded)
    folder.mkdir(parents=True)
    written: list[Path] = []
    for part in parts:
        if control is not None:
            control.stop_if_asked()
        path = folder / f"{part.name}.onnx"
        path.write_bytes(_converted(part, loaded.model))
        _check(part, path)
        written.append(path)
        log.info("%s is written", path)
    return written


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A network to convert."""

    name: str
    network: nn.Module
    inputs: Mapping[str, Tensor]
    """Example by name, in the order of ``forward``; more rows than any batch that is checked."""
    outputs: tuple[str, ...]


def _parts(loaded: LoadedRun) -> list[_Part]:
    """List what is converted.

    Raises:
        ConfigError: the model has other columns than an image and a text.
    """
    kinds = sorted(facts.kind for facts in loaded.model.columns.values())
    if kinds not in ([IMAGE], [TEXT], [IMAGE, TEXT]):
        reason = f"are {', '.join(kinds)}; ONNX is written for an image, a text, or one of each"
        raise ConfigError([Problem("columns", reason)])
    model = cast("PairModel", loaded.generator)
    noise = model.draw_noise(max(_BATCHES), torch.Generator().manual_seed(0))
    named = {f"{name}_noise": part for name, part in noise.items()}
    by_kind = {facts.kind: name for name, facts in loaded.model.columns.items()}
    text = by_kind.get(TEXT)
    decoder = model.decoders[text] if text and isinstance(model, PairGenerator) else None
    is_two_level = isinstance(decoder, TwoLevelTextDecoder)
    parts: list[_Part] = []
    if not is_two_level:
        # The other decoder leaves out clusters that no token of a batch is in.
        parts.append(_complete("joint", loaded, named, {}))
    if len(by_kind) == 1:
        return parts
    with torch.no_grad():
        items = model(noise, {})
    ids, pictures = _shown(items[by_kind[TEXT]]), items[by_kind[IMAGE]]
    parts.append(_complete("draw", loaded, named, {by_kind[TEXT]: ids}))
    if isinstance(model, PairGenerator) and isinstance(decoder, TextDecoder | TwoLevelTextDecoder):
        parts += _reader(model, decoder, by_kind[IMAGE], pictures)
    else:
        parts.append(_complete("read", loaded, named, {by_kind[IMAGE]: pictures}))
    return parts


def _complete(
    name: str, loaded: LoadedRun, noise: Mapping[str, Tensor], given: Mapping[str, Tensor]
) -> _Part:
    """Convert the completion of items of which some columns are given."""
    model = cast("PairModel", loaded.generator)
    made = tuple(column for column in model.modality_order if column not in given)
    names = [key.removesuffix("_noise") for key in noise]
    network = _Complete(loaded.generator, loaded.modalities, names, list(given), made)
    # A decoder's noise is not used where its column is given.
    used = [n for n in names if n not in given or not isinstance(model, PairGenerator)]
    network.noise_names = used
    inputs = {f"{n}_noise": noise[f"{n}_noise"] for n in used if noise[f"{n}_noise"].numel()}
    return _Part(name=name, network=network, inputs={**inputs, **given}, outputs=made)


class _Complete(nn.Module):
    """Completes items: noise and given columns in, the other columns out."""

    def __init__(
        self,
        model: nn.Module,
        modalities: Sequence[Modality],
        noise_names: Sequence[str],
        given: Sequence[str],
        made: Sequence[str],
    ) -> None:
        super().__init__()
        self.model = model
        self.modalities = {modality.name: modality for modality in modalities}
        self.noise_names, self.given, self.made = noise_names, given, made

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Map the noise of each decoder, and items, to items."""
        count = len(inputs) - len(self.given)
        noise = dict(zip(self.noise_names, inputs[:count], strict=False))
        given = dict(zip(self.given, inputs[count:], strict=True))
        conditions = {
            name: self.modalities[name].preprocess(item) if item.dtype == torch.long else item
            for name, item in given.items()
        }
        empty = inputs[0].new_zeros(inputs[0].shape[0], 0)
        for name in self.noise_names:
            noise.setdefault(name, empty)
        whole = self.model(noise, conditions)
        return tuple(_shown(whole[name]) for name in self.made)


def _shown(items: Tensor) -> Tensor:
    """Return token ids [B, L] for one-hot rows [B, L, V]; other items as they are."""
    return items.argmax(2) if items.dim() == 3 else items


def _reader(
    model: PairGenerator,
    decoder: TextDecoder | TwoLevelTextDecoder,
    image: str,
    pictures: Tensor,
) -> list[_Part]:
    """Convert the recurrent decoder, one word a call."""
    begin, step = _ReadBegin(model, decoder, image), _ReadStep(decoder)
    with torch.no_grad():
        first = begin(pictures)
    token = torch.arange(len(pictures)) - 1
    inputs = {"token": token, "state": first, "first_state": first}
    return [
        _Part(name="read_begin", network=begin, inputs={image: pictures}, outputs=("first_state",)),
        _Part(
            name="read_step",
            network=step,
            inputs=inputs,
            outputs=("log_probabilities", "next_state"),
        ),
    ]


class _ReadBegin(nn.Module):
    """Encodes images as the first state of the decoder: [B, C, H, W] to [B, S]."""

    def __init__(
        self, model: PairGenerator, decoder: TextDecoder | TwoLevelTextDecoder, image: str
    ) -> None:
        super().__init__()
        self.context, self.decoder, self.image = model.context, decoder, image

    def forward(self, pictures: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, S]."""
        context = self.context({self.image: pictures}, pictures.shape[0])
        return self.decoder.begin(context)[0]


class _ReadStep(nn.Module):
    """Predicts the next word."""

    def __init__(self, decoder: TextDecoder | TwoLevelTextDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, token: Tensor, state: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """Map the word before [B], -1 at the beginning, and states [B, S].

        Returns:
            Log-probabilities [B, V] as words are sampled, and the next state [B, S].
        """
        scores, following = self.decoder.next_log_probabilities(token, state[None], first[None])
        return scores, following[0]


def _converted(part: _Part, model: ModelMetadata) -> bytes:
    """Convert a network and describe it in its ``metadata_props``."""
    network = part.network.eval()
    inputs = tuple(tensor[:_TRACED] for tensor in part.inputs.values())
    batch = torch.export.Dim.DYNAMIC
    shapes: Any = tuple({0: batch} for _ in inputs)
    if isinstance(network, _Complete):
        # Its ``forward`` takes any number of inputs, which are one tuple then.
        shapes = (shapes,)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            network,
            inputs,
            dynamo=True,
            input_names=list(part.inputs),
            output_names=list(part.outputs),
            dynamic_shapes=shapes,
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise OnnxMismatchError(part.name, "the exporter returned nothing")
    proto = program.model_proto
    for name, value in _described(model).items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = name, value
    return proto.SerializeToString()


def _described(model: ModelMetadata) -> dict[str, str]:
    """Return what inputs and outputs mean, as texts."""
    found = {
        "diptych.dataset": model.dataset,
        "diptych.image_scale": "floats from -1 to 1; uint8 = round((x + 1) * 127.5)",
        "diptych.noise": "standard normal; of texts: standard Gumbel, or zeros for the likeliest",
    }
    if model.notice:
        found["diptych.notice"] = model.notice
    if model.text is not None:
        tokenizer = model.text.tokenizer
        found |= {
            "diptych.vocabulary": json.dumps(tokenizer.tokens(), ensure_ascii=False),
            "diptych.tokenizer": str(tokenizer.to_table()["kind"]),
            "diptych.text_length": str(model.text.length),
            "diptych.special_tokens": json.dumps(
                {"padding": PADDING, "end": END, "unknown": UNKNOWN}
            ),
        }
    return found


def _check(part: _Part, path: Path) -> None:
    """Compare a file with PyTorch at several batch sizes.

    Raises:
        OnnxMismatchError: they differ.
    """
    # By name, because type checkers do not find what only the extra installs.
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=providers)
    known = {each.name for each in session.get_inputs()}
    for count in _BATCHES:
        inputs = {name: tensor[:count] for name, tensor in part.inputs.items()}
        with torch.no_grad():
            expected = part.network(*inputs.values())
        wanted = expected if isinstance(expected, tuple) else (expected,)
        fed = {n: np.ascontiguousarray(t.numpy()) for n, t in inputs.items() if n in known}
        found = session.run(list(part.outputs), fed)
        for name, one, other in zip(part.outputs, wanted, found, strict=True):
            _compare(part.name, name, one.numpy(), np.asarray(other))


def _compare(part: str, name: str, expected: Any, found: Any) -> None:
    if expected.shape != found.shape:
        raise OnnxMismatchError(part, f"{name} has the shape {found.shape}, not {expected.shape}")
    difference = float(np.abs(expected.astype(float) - found.astype(float)).max(initial=0.0))
    if difference > (0 if expected.dtype.kind == "i" else TOLERANCE):
        raise OnnxMismatchError(part, f"{name} differs by {difference:.2g}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter, which warns of its own parts and of packages that are not needed."""
    with contextlib.suppress(ImportError):
        import tqdm

        # Its progress bars are not shown, and need no thread that watches them.
        tqdm.tqdm.monitor_interval = 0
    loggers = [logging.getLogger(name) for name in _NOISY]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
