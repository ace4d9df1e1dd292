"""Facts that can be read from a sound by rule: its pitch and its tempo.

They judge generated notes and beats without a trained network.

Shapes: S samples, T frames.
"""

import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[np.floating] | npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

LOWEST_HZ, HIGHEST_HZ = 200.0, 1_200.0
NEARLY_HIGHEST = 0.85
"""Of the largest peak: the shortest lag whose peak reaches it is the period, not a multiple."""
FINER = 8
"""Lags are so many times finer than samples: the period of a high note is only ten samples."""
HOP_S, WINDOW_S = 0.005, 0.02
TEMPO_STEP = 0.5


def estimate_pitch(wave: Wave, rate: int) -> float:
    """Return the fundamental frequency of a sustained sound in Hz.

    The lag at which the autocorrelation, divided by that of the window, is largest: Boersma 1993,
    Proc. Institute of Phonetic Sciences 17, eq. 9; refined by a parabola through its neighbours.

    Args:
        wave: [S] with at least 0.1 s of sound.
        rate: samples a second.

    Returns:
        A frequency between ``LOWEST_HZ`` and ``HIGHEST_HZ``; not a number for silence.
    """
    samples = np.asarray(wave, dtype=float)
    samples = samples - samples.mean()
    if not samples.any():
        return float("nan")
    window = np.hanning(len(samples))
    fine_rate = FINER * rate
    lags = np.arange(int(fine_rate / HIGHEST_HZ), int(fine_rate / LOWEST_HZ) + 2)
    until = lags[-1] + 2
    score = _autocorrelation(samples * window, FINER)[:until]
    score = score / _autocorrelation(window, FINER)[:until]
    is_peak = (score[lags] >= score[lags - 1]) & (score[lags] > score[lags + 1])
    peaks = lags[is_peak & (score[lags] >= NEARLY_HIGHEST * score[lags].max())]
    if not len(peaks):
        return float("nan")
    before, middle, after = score[peaks[0] - 1 : peaks[0] + 2]
    shift = 0.5 * (before - after) / (before - 2 * middle + after)
    return float(fine_rate / (peaks[0] + shift))


def _autocorrelation(samples: Floats, finer: int = 1) -> Floats:
    """Autocorrelation at lags 0, 1 / finer, ... up to S, over that at lag 0."""
    size = 2 * len(samples)
    power = np.abs(np.fft.rfft(samples, size)) ** 2
    products = np.fft.irfft(power, finer * size)[: finer * len(samples)]
    return products / products[0]


def estimate_tempo(wave: Wave, rate: int, slowest: float, fastest: float) -> float:
    """Return the tempo of a drum loop in beats per minute.

    Onsets are where the logarithm of the energy rises, band by band (spectral flux). A tempo scores
    by the flux's Fourier coefficients at the rates of its beats, eighths and sixteenths (a
    tempogram: Grosche, Mueller & Kurth 2010, doi:10.1109/ICASSP.2010.5495219) and by the
    autocorrelation at lags of one and two beats.

    Args:
        wave: [S], at least two beats long.
        rate: samples a second.
        slowest: lower bound of the answer.
        fastest: upper bound; less than twice ``slowest``, or the answer may be off by an octave.

    Returns:
        The tempo; not a number for a sound without onsets.
    """
    flux = _spectral_flux(np.asarray(wave, dtype=float), rate)
    if not flux.any():
        return float("nan")
    tempi = np.arange(slowest, fastest + TEMPO_STEP / 2, TEMPO_STEP)
    time_s = np.arange(len(flux)) * HOP_S
    centred = flux - flux.mean()
    pulse = np.zeros(len(tempi))
    for in_beat in (1, 2, 4):
        turns = np.outer(in_beat * tempi / 60, time_s)
        pulse += np.abs(np.exp(-2j * np.pi * turns) @ flux) / flux.sum()
    score = _autocorrelation(centred)
    lags = 60 / tempi / HOP_S
    places = np.arange(len(score))
    repeat = sum(np.interp(beats * lags, places, score) for beats in (1, 2))
    return float(tempi[np.argmax(pulse + repeat)])


def _spectral_flux(samples: Floats, rate: int) -> Floats:
    """Sum over frequencies of the rises of the log spectrum: [T]."""
    hop, size = int(HOP_S * rate), int(WINDOW_S * rate)
    padded = np.pad(samples / max(1e-9, np.abs(samples).max()), (size, size))
    starts = np.arange(0, len(padded) - size, hop)
    frames = padded[starts[:, None] + np.arange(size)] * np.hanning(size)
    spectrum = np.log1p(100 * np.abs(np.fft.rfft(frames)) / size)
    rises = np.diff(spectrum, axis=0).clip(0).sum(axis=1)
    smooth = np.convolve(rises, np.hanning(7) / np.hanning(7).sum(), mode="same")
    return (smooth - 0.1 * smooth.max()).clip(0)
