"""A classifier of spoken digits, independent of the models, that judges generated sounds.

A small convolutional network with a spectrogram of its own, trained on the training clips of
*Spoken digits* and held against the clips of voices that it never heard. Training varies level,
place, noise and the colour of the sound by up to 8 dB: a classifier without the last one leans on
a rumble that no spectrogram keeps, and then blames the spectrogram.

    python packaging/speech_judge.py     trains it and says how good it is (about a minute)
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.store import TRAIN, VALIDATION, StoredDataset

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
STEPS, BATCH, PEAK_RATE = 800, 64, 4e-3
N_FFT, HOP = 256, 80
EQUALISER_DB, MAX_SHIFT = 8.0, 400
NOISE = (-4.0, -1.8)
"""Range of the decimal logarithm of the noise's standard deviation."""


class Ear(nn.Module):
    """Waves [B, S] in [-1, 1] to logits [B, 10]."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 16, 32, 48, 64)
        self.body = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(),
                )
                for before, after in itertools.pairwise(widths)
            ),
            nn.AdaptiveAvgPool2d((8, 5)),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64 * 8 * 5, len(WORDS)),
        )
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(N_FFT))

    def forward(self, waves: Tensor) -> Tensor:
        """Classify waves."""
        bands = torch.stft(waves, N_FFT, HOP, window=self.window, return_complex=True)
        levels = (bands[:, : N_FFT // 2].abs() + 0.05).log()
        return self.body((levels - levels.mean((1, 2), keepdim=True))[:, None] / 2)


@dataclass(frozen=True)
class SpeechJudge:
    """Tells which digit a sound says."""

    network: Ear
    accuracy: float
    """On clips of voices that it never heard."""

    @torch.inference_mode()
    def read(self, waves: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
        """Name the digit in each sound: [N, S] to [N]; loudness does not matter."""
        return (
            torch.cat([self.network(part) for part in prepared(waves).split(200)]).argmax(1).numpy()
        )


def prepared(waves: npt.NDArray[np.int16]) -> Tensor:
    """Convert waves to floats with a peak of 0.9."""
    sounds = torch.from_numpy(np.ascontiguousarray(waves)).float() / 32_768
    return 0.9 * sounds / sounds.abs().amax(1, keepdim=True).clamp(min=1e-3)


def clips(data: StoredDataset, split: str) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
    """Return the clips that the items of a split use, each once, and their digits.

    Items without a word or without a clip are left out.
    """
    column, items = data.array("speech"), data.complete_rows(split, ["text", "speech"])
    rows, first = np.unique(column.rows[items], return_index=True)
    labels = np.array([WORDS.index(data.texts[item]) for item in items[first]], dtype=np.int64)
    return np.asarray(column.values[rows]), labels


def train_judge(data: StoredDataset) -> SpeechJudge:
    """Train a judge from scratch, the same one every time."""
    torch.manual_seed(0)
    waves, labels = clips(data, TRAIN)
    network = Ear()
    _fit(network, prepared(waves), torch.from_numpy(labels))
    judge = SpeechJudge(network.eval(), 0.0)
    heard, truth = clips(data, VALIDATION)
    return SpeechJudge(judge.network, float((judge.read(heard) == truth).mean()))


def _fit(network: Ear, waves: Tensor, labels: Tensor) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), PEAK_RATE / 2, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=STEPS)
    for _step in range(STEPS):
        rows = torch.randint(len(waves), (BATCH,))
        loss = functional.cross_entropy(network(_varied(waves[rows])), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _varied(waves: Tensor) -> Tensor:
    """Vary place, level, noise and, by a smooth filter, colour."""
    waves = waves.roll(int(torch.randint(-MAX_SHIFT, MAX_SHIFT, (1,))), 1)
    waves = waves * torch.empty(len(waves), 1).uniform_(0.4, 1.1)
    waves = waves + torch.randn_like(waves) * 10 ** float(torch.empty(1).uniform_(*NOISE))
    spectrum = torch.fft.rfft(waves)
    curve = functional.interpolate(
        EQUALISER_DB / 2 * torch.randn(len(waves), 1, 6),
        size=spectrum.shape[1],
        mode="linear",
        align_corners=True,
    )[:, 0].clamp(-EQUALISER_DB, EQUALISER_DB)
    return torch.fft.irfft(spectrum * 10 ** (curve / 20), n=waves.shape[1])
