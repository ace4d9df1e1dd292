"""ONNX files give what PyTorch gives. Needs the extra ``onnx``."""

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.cli.main import main
from engine.control import RunControl
from engine.errors import ConfigError, EncoderMissingError, OnnxMismatchError
from engine.exporting import model as exporting
from engine.exporting import onnx_model
from engine.exporting.onnx_model import TOLERANCE, export_onnx
from engine.exporting.request import has_onnx
from engine.nets.generator import PairGenerator
from engine.sample.load import LoadedRun, load_run
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import text_facts, tiny_config, tiny_dataset

CPU = torch.device("cpu")
needs_onnx = pytest.mark.skipif(not has_onnx(), reason="needs the extra onnx")
pytestmark = pytest.mark.filterwarnings("ignore")


def loaded_run(folder: Path, data: Path, **values: Any) -> LoadedRun:
    config = tiny_config(data, folder / "run").with_values(images=16, minutes=0, **values)
    train(config, lambda _event: None, RunControl())
    return load_run(folder / "run", CPU)


def test_without_the_extra_one_sentence_names_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(onnx_model, "has_onnx", lambda: False)
    with pytest.raises(EncoderMissingError, match=r"pip install 'diptych-studio\[onnx\]'"):
        exporting.export_model(tmp_path / "run", tmp_path / "model", with_onnx=True)
    arguments = ["export", "model", str(tmp_path), "--onnx", "--folder", str(tmp_path / "m")]
    assert main(arguments) == 2
    assert "diptych-studio[onnx]" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_other_columns_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_model, "has_onnx", lambda: True)
    loaded = loaded_run(tmp_path, four_column_dataset(tmp_path / "data"))
    with pytest.raises(ConfigError, match="written for an image, a text, or one of each"):
        export_onnx(loaded, tmp_path / "onnx")


def session(path: Path) -> Any:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    return onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])


def read_words(folder: Path, pictures: np.ndarray, length: int) -> list[list[int]]:
    """Read pictures greedily, one word a call."""
    begin, step = (session(folder / f"{name}.onnx") for name in ("read_begin", "read_step"))
    (state,) = begin.run(None, {"image": pictures})
    first, token = state, np.full(len(pictures), -1)
    words: list[np.ndarray] = []
    for _slot in range(length):
        inputs = {"token": token, "state": state, "first_state": first}
        scores, state = step.run(["log_probabilities", "next_state"], inputs)
        token = scores.argmax(1)
        words.append(token)
    return np.stack(words, 1).tolist()


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["one-hot", "token-ids"])
def test_the_hybrid_family_draws_and_reads_word_by_word(tmp_path, encoding):
    data = tiny_dataset(tmp_path / "data")
    loaded = loaded_run(tmp_path, data, networks__text_encoding=encoding)
    files = export_onnx(loaded, tmp_path / "onnx")
    names = [path.stem for path in files]
    joint = ["joint"] if encoding == "one-hot" else []
    assert names == [*joint, "draw", "read_begin", "read_step"]
    model, facts = loaded.generator, text_facts(loaded.model)
    assert isinstance(model, PairGenerator)

    onnx: Any = importlib.import_module("onnx")
    props = {p.key: p.value for p in onnx.load(tmp_path / "onnx" / "draw.onnx").metadata_props}
    assert json.loads(props["diptych.vocabulary"]) == facts.tokenizer.tokens()
    assert "127.5" in props["diptych.image_scale"]

    count = 7  # Neither traced nor checked before.
    noise = model.draw_noise(count, torch.Generator().manual_seed(5))
    ids = torch.full((count, facts.length), 0)
    ids[:, 0], ids[:, 1] = 3, 1
    text = loaded.modality("text").preprocess(ids)
    with torch.no_grad():
        expected = model(noise, {"text": text})["image"]
    inputs = {"text": ids.numpy(), "image_noise": noise["image"].numpy()}
    (found,) = session(tmp_path / "onnx" / "draw.onnx").run(None, inputs)
    assert np.abs(found - expected.numpy()).max() <= TOLERANCE

    decoder: Any = model.decoders["text"]
    context = model.context({"image": expected}, count)
    with torch.no_grad():
        texts, _confidence = decoder.predict_with_confidence(context)
    said = loaded.modality("text").postprocess(texts)
    words = read_words(tmp_path / "onnx", expected.numpy(), facts.length)
    assert tuple(facts.tokenizer.decode(row) for row in words) == said


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("family", ["adversarial", "mvae"])
def test_other_families_read_in_one_call(tmp_path, family):
    loaded = loaded_run(tmp_path, tiny_dataset(tmp_path / "data"), family=family)
    files = export_onnx(loaded, tmp_path / "onnx")
    assert [path.stem for path in files] == ["joint", "draw", "read"]
    noise: Any = loaded.generator.draw_noise(6, torch.Generator().manual_seed(1))  # pyright: ignore[reportCallIssue] (a PairModel)
    with torch.no_grad():
        expected = loaded.generator(noise, {})
    joint = session(tmp_path / "onnx" / "joint.onnx")
    names = {each.name for each in joint.get_inputs()}
    inputs = {f"{n}_noise": t.numpy() for n, t in noise.items() if f"{n}_noise" in names}
    text, image = joint.run(["text", "image"], inputs)
    assert np.array_equal(text, expected["text"].argmax(2).numpy())
    assert np.abs(image - expected["image"].numpy()).max() <= TOLERANCE


def test_a_file_that_computes_something_else_is_refused():
    for expected, found in (
        (np.zeros(3, np.float32), np.full(3, 2e-5, np.float32)),
        (np.zeros(3, np.int64), np.ones(3, np.int64)),
        (np.zeros(3), np.zeros(4)),
    ):
        with pytest.raises(OnnxMismatchError, match="draw"):
            onnx_model._compare("draw", "image", expected, found)
    onnx_model._compare("draw", "image", np.zeros(3, np.float32), np.full(3, 9e-6, np.float32))
