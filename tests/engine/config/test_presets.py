import ctypes
import inspect
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from torch.optim import Adam

import resources
from engine.config import presets
from engine.config.forecast import (
    MEASURED_RUNS,
    fitting_image_size,
    has_measured_settings,
    images_within,
    measured_run,
    speed_key,
    text_cost,
    training_seconds,
    two_digits,
)
from engine.config.presets import (
    AUTO,
    PRESETS,
    DataFacts,
    config_from_preset,
    preset_of_size,
    suitable_preset,
)
from engine.config.run import RunConfig
from engine.config.sections import DataConfig


@pytest.mark.parametrize("name", PRESETS)
def test_that_every_row_makes_a_run(tmp_path, name):
    config = config_from_preset(name, dataset=tmp_path, run=tmp_path / "run")
    assert isinstance(config, RunConfig)
    assert (config.preset, config.family) == (name, PRESETS[name].family)
    assert AUTO not in PRESETS


@pytest.mark.parametrize("name", ["cpu-colour", "cpu-colour-64"])
def test_that_colour_presets_decay_to_a_twentieth_and_write_more_slowly(name):
    training = PRESETS[name].training
    assert training.final_learning_rate == pytest.approx(training.learning_rate / 20)
    assert training.text_learning_rate == pytest.approx(0.4 * training.learning_rate)
    assert PRESETS[name].networks.architecture == "modulated"


def test_that_the_textbook_is_the_recipe_of_introductions_and_nothing_else():
    preset = PRESETS["textbook"]
    networks, training = preset.networks, preset.training
    assert (preset.family, networks.architecture) == ("adversarial", "joint-dense")
    assert (networks.latent_dim, networks.embedding_dim) == (100, 128)
    assert training.adversarial_loss == "non-saturating"
    assert (training.learning_rate, training.final_learning_rate) == (1e-4, 1e-4)
    assert (training.beta1, training.beta2) == inspect.signature(Adam).parameters["betas"].default
    assert (training.regularizer, training.mismatched_pairs) == ("none", "never")
    assert (training.ema_half_life, training.d_steps) == (0.0, 1)
    assert preset.data.augmentation == "none"


def test_that_the_presets_of_2014_differ_in_the_loss_alone():
    one, other = PRESETS["textbook"], PRESETS["minimax-2014"]
    assert other.training == replace(one.training, adversarial_loss="saturating")
    assert (other.networks, other.data, other.family) == (one.networks, one.data, one.family)
    assert one.note
    assert other.note


@pytest.mark.parametrize(
    ("name", "size", "other"),
    [
        ("cpu-colour", 64, "cpu-colour-64"),
        ("cpu-colour-64", 32, "cpu-colour"),
        ("cpu-colour-64", 128, ""),
        ("workstation", 64, "gpu-64"),
        ("gpu-64", 256, "workstation"),
        ("cpu-tiny", 64, ""),
    ],
)
def test_that_a_series_of_presets_differs_in_the_image_size(name, size, other):
    assert preset_of_size(name, size) == other


@pytest.mark.parametrize(
    ("gigabytes", "pixels", "name", "reason"),
    [
        (0, 256, "cpu-tiny", "no GPU"),
        (2, 256, "cpu-tiny", "2 GB only"),
        (4, 256, "gpu-64", "4 GB"),
        (6, 256, "laptop", "6 GB"),
        (24, 64, "gpu-64", "64 px"),
        (24, 128, "laptop", "128 px"),
        (24, 256, "workstation", "256 px"),
        (24, 1024, "workstation", "1024 px"),
        (80, 28, "cpu-tiny", "28 px"),
    ],
)
def test_that_machine_and_dataset_choose_the_row(gigabytes, pixels, name, reason):
    size = int(gigabytes * 1e9)
    suggestion = suitable_preset(
        DataFacts(image_size=pixels, channels=1, pairs=60_000), gpu_bytes=size
    )
    assert suggestion.name == name
    assert reason in suggestion.reason


@pytest.mark.parametrize(
    ("channels", "pairs", "is_pair", "name"),
    [
        (3, 1_906, True, "cpu-colour"),
        (3, 20_000, True, "cpu-tiny"),
        (1, 1_906, True, "cpu-tiny"),
        (3, 1_906, False, "cpu-tiny"),
    ],
)
def test_that_few_colour_pairs_get_modulated_networks(channels, pairs, is_pair, name):
    data = DataFacts(image_size=64, channels=channels, pairs=pairs, is_pair=is_pair)
    suggestion = suitable_preset(data, gpu_bytes=0)
    assert suggestion.name == name


def test_that_a_torch_without_cuda_has_no_gpu(tmp_path, monkeypatch):
    presets.gpu_memory_bytes.cache_clear()
    version = tmp_path / "version.py"

    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(presets.importlib.util, "find_spec", lambda _name: Spec)
    version.write_text("cuda: Optional[str] = None\n")
    assert not presets._torch_has_cuda()
    version.write_text("cuda: Optional[str] = '12.8'\n")
    assert presets._torch_has_cuda()
    version.unlink()
    assert not presets._torch_has_cuda()
    assert presets.gpu_memory_bytes() == 0
    presets.gpu_memory_bytes.cache_clear()


def test_that_a_missing_driver_is_no_gpu(monkeypatch):
    presets.gpu_memory_bytes.cache_clear()
    monkeypatch.setattr(presets, "_torch_has_cuda", lambda: True)
    monkeypatch.setattr(presets, "_DRIVERS", {})
    assert presets.gpu_memory_bytes() == 0
    presets.gpu_memory_bytes.cache_clear()


class Driver:
    """Stands in for NVIDIA's: answers each call with a code, and says how much memory there is."""

    def __init__(self, *codes: int):
        self._codes = list(codes)

    def cuInit(self, _flags):  # noqa: N802 (NVIDIA's name)
        return self._codes.pop(0)

    def cuDeviceGet(self, _device, _number):  # noqa: N802
        return self._codes.pop(0)

    def cuDeviceTotalMem_v2(self, size, _device):  # noqa: N802
        size._obj.value = 8_000_000_000
        return self._codes.pop(0)


@pytest.mark.parametrize(
    ("codes", "expected"), [((0, 0, 0), 8_000_000_000), ((100,), 0), ((0, 101), 0), ((0, 0, 1), 0)]
)
def test_that_the_driver_is_asked(monkeypatch, codes, expected):
    presets.gpu_memory_bytes.cache_clear()
    monkeypatch.setattr(presets, "_torch_has_cuda", lambda: True)
    monkeypatch.setattr(presets, "_DRIVERS", {sys.platform: "driver"})
    monkeypatch.setattr(presets.ctypes, "CDLL", lambda _name: Driver(*codes))
    assert presets.gpu_memory_bytes() == expected
    presets.gpu_memory_bytes.cache_clear()


def test_that_no_torch_is_no_gpu(monkeypatch):
    monkeypatch.setattr(presets.importlib.util, "find_spec", lambda _name: None)
    assert not presets._torch_has_cuda()


class Kernel32:
    """Stands in for the Windows library: fills a structure laid out as Microsoft documents it."""

    class MemoryStatus(ctypes.Structure):
        """MEMORYSTATUSEX."""

        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "total_page", "free_page")),
            *((name, ctypes.c_uint64) for name in ("total_virtual", "free_virtual", "extended")),
        )

    def __init__(self, answer: int):
        self._answer = answer

    def GlobalMemoryStatusEx(self, status):  # noqa: N802 (the name that Windows gives it)
        """Fill the structure, if whoever asks has said rightly how large it is."""
        filled = ctypes.cast(status, ctypes.POINTER(self.MemoryStatus)).contents
        if filled.length != ctypes.sizeof(self.MemoryStatus):
            return 0
        filled.load, filled.total, filled.free = 37, 25_000_000_000, 9_000_000_000
        return self._answer


@pytest.mark.parametrize(("answer", "expected"), [(1, 25_000_000_000), (0, 0)])
def test_that_windows_is_asked_for_its_memory(monkeypatch, answer, expected):
    class Windows:
        kernel32 = Kernel32(answer)

    monkeypatch.setattr(presets.sys, "platform", "win32")
    monkeypatch.setattr(presets.ctypes, "windll", Windows, raising=False)
    assert presets.memory_bytes() == expected


def test_that_memory_is_pages_of_bytes(monkeypatch):
    numbers = {"SC_PHYS_PAGES": 1_000_000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(presets.sys, "platform", "linux")
    monkeypatch.setattr(presets.os, "sysconf", numbers.__getitem__, raising=False)
    assert presets.memory_bytes() == 4_096_000_000


@pytest.mark.parametrize("error", [ValueError("unknown name"), OSError("not told")])
def test_that_untold_memory_is_none(monkeypatch, error):
    def refuse(_name):
        raise error

    monkeypatch.setattr(presets.sys, "platform", "linux")
    monkeypatch.setattr(presets.os, "sysconf", refuse, raising=False)
    assert presets.memory_bytes() == 0


# --------------------------------------------------------------------------
# The forecast of a run.


DIGITS = DataFacts(image_size=32, channels=1, pairs=70_000, starter="digits")


def test_that_times_and_images_follow_from_the_speed():
    assert training_seconds(60_000, 1_000.0) == 60.0
    assert training_seconds(330_000, 500.0) / 60 == 11.0
    assert images_within(5.0, 1_043.0) == 312_900
    rounded = {312_900: 310_000, 1_043: 1_000, 87.6: 88, 3.4: 3, 0.2: 0, 0: 0, 99.6: 100}
    assert {number: two_digits(number) for number in rounded} == rounded


@pytest.mark.parametrize(
    ("data", "size", "name"),
    [
        (DIGITS, 32, "digits"),
        (DataFacts(image_size=64, channels=1, pairs=60_000), 64, "digits"),
        (DataFacts(image_size=64, channels=1, pairs=500), 32, None),
        (DataFacts(image_size=64, channels=3, pairs=1_906, starter="emoji"), 32, "emoji"),
        (DataFacts(image_size=64, channels=3, pairs=1_906, starter="emoji"), 64, "emoji at 64 px"),
        (DataFacts(image_size=64, channels=3, pairs=9_999), 128, "emoji"),
        (DataFacts(image_size=64, channels=3, pairs=9_999), 64, "emoji at 64 px"),
        (DataFacts(image_size=64, channels=3, pairs=10_000), 32, None),
        (DataFacts(image_size=32, channels=3, pairs=20_000, starter="shapes"), 32, "shapes"),
        (replace(DIGITS, is_pair=False), 32, None),
    ],
)
def test_that_only_images_of_the_measured_kinds_have_a_forecast(data, size, name):
    assert measured_run(data, size) == (MEASURED_RUNS[name] if name else None)


def test_that_a_forecast_holds_for_the_values_of_its_preset(tmp_path):
    for run in MEASURED_RUNS.values():
        config = config_from_preset(run.preset, dataset=tmp_path, run=tmp_path)
        others = {
            "seed": 7,
            "minutes": 1.0,
            "training__precision": "bf16",
            # As in runs from before these settings; neither matters to these presets.
            "training__mismatched_pairs": "bounded",
            "training__text_relaxation": "straight-through",
            "training__penalty_scale": "none",
            "networks__generation_order": "simultaneous",
        }
        assert has_measured_settings(run, config.with_values(**others))
        for change in (
            {"networks__image_size": 128},
            {"family": "mopoe"},
            {"training__learning_rate": 0.01},
        ):
            assert not has_measured_settings(run, config.with_values(**change))


def test_that_measured_runs_are_documented_and_their_sheets_are_small():
    text = Path(__file__).parents[3].joinpath("docs", "measurements.md").read_text("utf-8")
    found = re.findall(r"^#+ (.*)\n((?:(?!#+ ).*\n?)*)", text, re.MULTILINE)
    sections = dict(found)
    table = sections["Images that a run needs"]
    for run in MEASURED_RUNS.values():
        assert run.source in sections
        for images in (run.recognisable_images, run.best_images):
            assert images is None or f"{images:,}" in table
        if run.sample:
            sheet = resources.forecast_folder() / run.sample
            assert sheet.stat().st_size <= 60_000
            assert f"{run.sample_images:,}" in table
            with Image.open(sheet) as picture:
                assert picture.width > picture.height > 0


@pytest.mark.parametrize(
    ("pixels", "architecture", "size"),
    [
        (0, "convolutional", 0),
        (28, "convolutional", 32),
        (32, "convolutional", 32),
        (63, "convolutional", 32),
        (64, "modulated", 64),
        (500, "convolutional", 256),
        (500, "dense", 64),
        (500, "joint-dense", 64),
    ],
)
def test_that_no_pixels_are_invented_and_as_few_as_possible_lost(
    tmp_path, pixels, architecture, size
):
    config = RunConfig(dataset=tmp_path, run=tmp_path).with_values(
        family="adversarial", networks__architecture=architecture
    )
    assert fitting_image_size(replace(DIGITS, image_size=pixels), config) == size


def test_that_speeds_are_kept_by_what_decides_them(tmp_path):
    config = config_from_preset("cpu-tiny", dataset=tmp_path / "data", run=tmp_path / "run")
    equal = {
        "run": tmp_path / "other",
        "seed": 3,
        "minutes": 60.0,
        "reporting__preview_count": 16,
        "training__learning_rate": 0.01,
        "training__penalty_weight": 0.5,
    }
    assert speed_key(config.with_values(**equal)) == speed_key(config)
    for change in (
        {"dataset": tmp_path / "other"},
        {"device": "cpu"},
        {"training__batch_size": 32},
        {"training__penalty_weight": 0.0},
        {"networks__image_size": 64},
        {"data__tokenizer": "characters"},
    ):
        assert speed_key(config.with_values(**change)) != speed_key(config)


# --------------------------------------------------------------------------
# The cost of texts.


def measured_costs(title, *kinds):
    """Rows of a documented table: kind, vocabulary, length, step and memory ratios."""
    text = Path(__file__).parents[3].joinpath("docs", "measurements.md").read_text("utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = []
    for line in section.splitlines():
        cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
        if re.fullmatch(r"\d+ / \d+", cells[0]):
            size, length = map(int, cells[0].split("/"))
            rows += [
                (kind, size, length, *map(float, cells[2 + 3 * number : 4 + 3 * number]))
                for number, kind in enumerate(kinds)
            ]
    return [(*row[:4], row[4] / rows[0][4]) for row in rows]


def test_that_the_cost_of_texts_is_that_of_the_measured_tables():
    rows = measured_costs("Texts as one-hot rows and as token ids", "one-hot", "token-ids")
    assert len(rows) >= 14
    for encoding, size, length, step, memory in rows:
        cost = text_cost(vocabulary_size=size, length=length, encoding=encoding)
        assert cost.step == pytest.approx(step, rel=0.13), (encoding, size, length)
        assert cost.memory == pytest.approx(memory, rel=0.05), (encoding, size, length)
    rows = measured_costs("Encoders of captions", "transformer", "bag-of-words")
    assert len(rows) >= 14
    for encoder, size, length, step, memory in rows:
        cost = text_cost(vocabulary_size=size, length=length, encoding="token-ids", encoder=encoder)
        assert cost.step == pytest.approx(step, rel=0.13), (encoder, size, length)
        assert cost.memory == pytest.approx(memory, rel=0.05), (encoder, size, length)


def test_that_presets_leave_the_tokenizer_to_the_data_and_defaults_do_not(tmp_path):
    for name in PRESETS:
        config = config_from_preset(name, dataset=tmp_path, run=tmp_path)
        assert config.data.tokenizer == "auto"
        assert config.data.text_length == 0
        assert config.with_values(data__word_vectors="vectors.txt")
    assert RunConfig(dataset=tmp_path, run=tmp_path).data == DataConfig(tokenizer="word")
