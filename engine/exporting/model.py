"""Exports a trained model to a folder that stands alone and that the studio opens again.

The folder has the layout of the Hugging Face Hub: ``README.md`` (the model card), ``config.json``,
``vocabulary.json`` and ``model.safetensors`` (the averaged generator); ``sample.py`` and the
package ``networks``, collected from the engine's source, sample from it without Diptych.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from PIL import Image

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.data.manifest import Manifest, read_manifest
from engine.data.starters import STARTERS
from engine.data.writer import atomic_directory
from engine.errors import EngineError
from engine.exporting.model_card import SAMPLE_SEED, CardFacts, model_card
from engine.exporting.onnx_model import FOLDER as ONNX
from engine.exporting.onnx_model import ensure_onnx, export_onnx
from engine.exporting.source import standalone_source
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.metrics.verdict import judge_run, worded
from engine.runs.checkpoint import write_weights
from engine.runs.event_reader import read_quality
from engine.runs.exported import WEIGHTS, ExportedModel
from engine.runs.folder import NEWEST, RunFolder
from engine.sample.gallery_page import draw_contact_sheet
from engine.sample.load import LoadedRun, load_run
from engine.sample.tiles import captions, tiles
from engine.version import installed_version

SHEET, SAMPLES = "samples.png", 16
LICENCE, DATASET_LICENCE = "LICENSE.txt", "DATASET_LICENSE.txt"
_OWN_LICENCE = "apache-2.0.txt"
"""Beside this module; the licence of the engine's source."""
_MAX_LICENCE_BYTES = 1_000_000
_SCRIPT, _PACKAGE = "sample.py", "networks"
_PROGRAM = "engine.exporting.sample_script"
_KINDS = ("Kind", "TextKind", "ImageKind", "AudioKind", "TableKind")
_METHODS: Mapping[str, frozenset[str]] = dict.fromkeys(_KINDS, frozenset({"build"}))
"""Of the kinds of data, a model needs the networks alone and no way to read a dataset."""
_STEPS = 4

Report = Callable[[int, int], None]

log = logging.getLogger(__name__)


def export_model(
    run: Path,
    folder: Path,
    *,
    checkpoint: str = NEWEST,
    with_onnx: bool = False,
    licences: Path | None = None,
    report: Report = lambda _done, _total: None,
    control: RunControl | None = None,
) -> Path:
    """Write the averaged generator of a run with all that is needed to sample from it.

    The folder is published atomically, after the model has been read from it again.

    Args:
        run: folder of the run, or of an exported model.
        folder: must not exist, or be empty.
        checkpoint: the newest, or the best by a metric.
        with_onnx: write ONNX files, too; needs the extra ``onnx`` and a minute or more.
        licences: folder of the sources of the example datasets, with their licences.
        report: progress callback: steps done, and all of them.
        control: may request a stop.

    Returns:
        The folder.

    Raises:
        RunMissingError, CheckpointMissingError, ConfigError, CheckpointCorruptError: the run cannot
            be read.
        EncoderMissingError, OnnxMismatchError: ONNX files cannot be written, or are wrong.
        StoppedError: a stop was requested.
        FolderInUseError, FolderNotWritableError, DiskFullError: the folder cannot be written.
    """
    control = control or RunControl()
    if with_onnx:
        ensure_onnx()
    loaded = load_run(run, torch.device("cpu"), checkpoint)
    tensors = loaded.generator.state_dict()
    size = sum(tensor.nbytes for tensor in tensors.values())
    report(1, _STEPS)
    with atomic_directory(folder, 2 * size + _MAX_LICENCE_BYTES) as staged:
        manifest = _manifest(loaded.config)
        for name, content in _described(loaded).to_files().items():
            (staged / name).write_bytes(content)
        write_weights(staged / WEIGHTS, tensors, {"format": "pt"})
        control.stop_if_asked()
        report(2, _STEPS)
        _write_source(staged)
        _write_licences(staged, manifest, licences)
        report(3, _STEPS)
        _draw_samples(staged, loaded, control)
        if with_onnx:
            export_onnx(loaded, staged / ONNX, control)
        card = model_card(_card_facts(run, loaded, manifest, folder.name, staged))
        (staged / "README.md").write_text(card, encoding="utf-8")
        # What cannot be read again is not published.
        load_run(staged, torch.device("cpu"))
        control.stop_if_asked()
    report(_STEPS, _STEPS)
    log.info("The model of %s is exported to %s", run, folder)
    return folder


def _described(loaded: LoadedRun) -> ExportedModel:
    """Return what ``config.json`` says; the user's folders are no part of it."""
    config = loaded.config
    settings = config.with_values(
        run=Path(config.run.name),
        dataset=Path(config.dataset.name),
        init_from=Path(config.init_from).name,
        data__word_vectors=Path(config.data.word_vectors).name,
    )
    return ExportedModel(
        settings=settings,
        model=loaded.model,
        images_seen=loaded.checkpoint.images_seen,
        step=loaded.checkpoint.step,
        elapsed_s=loaded.checkpoint.elapsed_s,
        config_hash=loaded.config_hash,
        versions={**loaded.checkpoint.versions, "diptych": installed_version()},
    )


def _write_source(folder: Path) -> None:
    """Write ``sample.py`` and the networks from the engine's source."""
    version = installed_version()
    head = f"# Collected from Diptych {version} by its export; Apache-2.0, see {LICENCE}.\n"
    for name, text in standalone_source(_PROGRAM, _PACKAGE, _METHODS).items():
        path = folder / (_SCRIPT if name == "program.py" else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")


def _write_licences(folder: Path, manifest: Manifest | None, licences: Path | None) -> None:
    """Write the licence of the code and, of an example dataset, that of the data."""
    own = Path(__file__).with_name(_OWN_LICENCE).read_bytes()
    (folder / LICENCE).write_bytes(own)
    starter = STARTERS.get(manifest.name) if manifest is not None else None
    if licences is None or starter is None or manifest is None or manifest.source != starter.source:
        return
    try:
        text = read_regular(licences / starter.name / LICENCE, _MAX_LICENCE_BYTES)
    except (OSError, MalformedFileError) as error:
        log.info("The licence of %s is not there: %s", starter.name, error)
        return
    (folder / DATASET_LICENCE).write_bytes(text)


def _draw_samples(folder: Path, loaded: LoadedRun, control: RunControl) -> None:
    """Draw what ``sample.py`` makes without arguments."""
    (samples,) = loaded.sampler.from_noise(SAMPLES, SAMPLE_SEED)
    control.stop_if_asked()
    pictures = map(Image.fromarray, tiles(samples))
    shown = list(zip(pictures, captions(samples), strict=True))
    has_cells = loaded.model.first("table") is not None
    sheet = draw_contact_sheet(shown, loaded.model.notice, has_cells=has_cells)
    sheet.save(folder / SHEET)


def _card_facts(
    run: Path, loaded: LoadedRun, manifest: Manifest | None, name: str, staged: Path
) -> CardFacts:
    judged = judge_run(run).verdict
    seen = loaded.checkpoint.images_seen
    points = [p for p in read_quality(RunFolder(run).log_file) if p.images_seen <= seen]
    return CardFacts(
        name=name,
        config=loaded.config,
        model=loaded.model,
        manifest=manifest,
        parameters=sum(weight.numel() for weight in loaded.generator.parameters()),
        images_seen=seen,
        elapsed_s=loaded.checkpoint.elapsed_s,
        evaluation=points[-1] if points else None,
        verdict=worded(judged)[0] if judged is not None and points else "",
        onnx=(staged / ONNX).exists(),
        has_dataset_licence=(staged / DATASET_LICENCE).exists(),
        torch_version=loaded.checkpoint.versions.get("torch", ""),
        version=installed_version(),
    )


def _manifest(config: RunConfig) -> Manifest | None:
    """Read the manifest of the run's dataset, if it is still there."""
    try:
        return read_manifest(config.dataset)
    except (EngineError, OSError):
        return None
