"""Conversion of settings to and from text.

Numbers are independent of the locale, as in ``run.toml`` and on the command line.
"""

import re
from typing import Any

from PySide6.QtCore import QCoreApplication

from engine.config.setting import Setting
from studio.i18n import translate_engine

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def value_text(value: object) -> str:
    """Format a value compactly; parsing it restores the same value."""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def read_value(kind: type, about: Setting, text: str) -> Any:
    """Parse a typed value.

    Raises:
        ValueError: invalid value; the message is in the user's language.
    """
    value = _parse(kind, about, text.strip())
    problem = _range_problem(about, value)
    if problem:
        raise ValueError(problem)
    return value


def range_text(about: Setting) -> str:
    """Return the allowed range with its unit; empty for settings with choices."""
    if about.choices or about.low is None or about.high is None:
        return ""
    span = QCoreApplication.translate("SettingText", "{0} to {1}")
    return (
        f"{span.format(number_text(about.low), number_text(about.high))} {unit_text(about)}".strip()
    )


def number_text(number: float) -> str:
    """Format a limit; large integers are grouped."""
    if float(number).is_integer():
        return f"{int(number):,}".replace(",", "\N{THIN SPACE}")
    return f"{number:g}"


def unit_text(about: Setting) -> str:
    """Return the unit in the user's language."""
    return translate_engine(about.unit)


def tooltip_text(about: Setting, default: str) -> str:
    """Return the tooltip of a setting: meaning, allowed values and preset."""
    lines = [translate_engine(about.help)]
    span = range_text(about)
    if span:
        lines.append(QCoreApplication.translate("SettingText", "Allowed: {0}").format(span))
    lines.append(QCoreApplication.translate("SettingText", "Preset: {0}").format(default))
    return "\n".join(lines)


def choice_text(about: Setting, choice: object) -> str:
    """Return the text of a choice in the user's language."""
    if about.unit and choice == 0:
        return QCoreApplication.translate("SettingText", "Automatic")
    text = choice_words().get(value_text(choice), value_text(choice))
    return f"{text} {unit_text(about)}".strip()


def choice_words() -> dict[str, str]:
    """Return the names of choices in the user's language; others are shown as they are."""
    translate = QCoreApplication.translate
    return {
        "auto": translate("SettingText", "Automatic"),
        "cpu": translate("SettingText", "CPU"),
        "cuda": translate("SettingText", "GPU (CUDA)"),
        "mps": translate("SettingText", "GPU (Apple)"),
        "xpu": translate("SettingText", "GPU (Intel)"),
        "False": translate("SettingText", "No"),
        "True": translate("SettingText", "Yes"),
        "none": translate("SettingText", "None"),
        "hybrid": translate("SettingText", "GAN with text likelihood"),
        "adversarial": translate("SettingText", "GAN, purely adversarial"),
        "mvae": translate("SettingText", "MVAE, product of experts"),
        "mopoe": translate("SettingText", "MoPoE-VAE, mixture of products"),
        "non-saturating": translate("SettingText", "Non-saturating"),
        "saturating": translate("SettingText", "Min-max (saturating)"),
        "hinge": translate("SettingText", "Hinge"),
        "least-squares": translate("SettingText", "Least squares"),
        "wasserstein": translate("SettingText", "Wasserstein"),
        "relativistic": translate("SettingText", "Relativistic pairing"),
        "r1": translate("SettingText", "R1"),
        "r1-r2": translate("SettingText", "R1 and R2"),
        "gradient-penalty": translate("SettingText", "Gradient penalty"),
        "spectral-norm": translate("SettingText", "Spectral norm"),
        "convolutional": translate("SettingText", "Convolutional"),
        "dense": translate("SettingText", "Dense"),
        "joint-dense": translate("SettingText", "Dense, image and text together"),
        "modulated": translate("SettingText", "Modulated"),
        "batch": translate("SettingText", "Batch norm"),
        "rms": translate("SettingText", "RMS norm"),
        "one-hot": translate("SettingText", "One-hot vectors"),
        "token-ids": translate("SettingText", "Token IDs"),
        "linear": translate("SettingText", "Linear layers"),
        "bag-of-words": translate("SettingText", "Bag of words"),
        "transformer": translate("SettingText", "Transformer"),
        "simultaneous": translate("SettingText", "Both at once"),
        "text-first": translate("SettingText", "Text first"),
        "rhythm": translate("SettingText", "Convolutional, with rhythm"),
        "low-pass": translate("SettingText", "Low-pass"),
        "initial-state": translate("SettingText", "In the initial state"),
        "every-token": translate("SettingText", "At every token"),
        "bounded": translate("SettingText", "With bounded losses"),
        "always": translate("SettingText", "Always"),
        "never": translate("SettingText", "Never"),
        "spread": translate("SettingText", "Spread of each modality"),
        "straight-through": translate("SettingText", "Straight-through"),
        "soft": translate("SettingText", "Soft"),
        "word": translate("SettingText", "Words"),
        "bpe": translate("SettingText", "Pieces of words (BPE)"),
        "characters": translate("SettingText", "Characters"),
        "diffaugment": translate("SettingText", "DiffAugment"),
        "ada": translate("SettingText", "Adaptive (ADA)"),
        "resident": translate("SettingText", "In memory"),
        "streamed": translate("SettingText", "Streamed from the disk"),
        "keep": translate("SettingText", "Keep"),
        "lower": translate("SettingText", "Lower case"),
        "remove": translate("SettingText", "Remove"),
        "all": translate("SettingText", "All of them"),
        "first": translate("SettingText", "The first alone"),
        "square": translate("SettingText", "Square"),
        "pad": translate("SettingText", "Pad"),
        "crop": translate("SettingText", "Crop"),
        "stretch": translate("SettingText", "Stretch"),
        "grey": translate("SettingText", "Grey"),
        "colour": translate("SettingText", "Colour"),
    }


def _parse(kind: type, about: Setting, text: str) -> Any:
    if about.choices:
        return next((choice for choice in about.choices if value_text(choice) == text), text)
    if kind is str:
        return text
    if not text:
        raise ValueError(QCoreApplication.translate("SettingText", "Enter a number"))
    if not _NUMBER.fullmatch(text):
        raise ValueError(
            QCoreApplication.translate("SettingText", "Not a number; write 0.001 or 1e-3")
        )
    if kind is not int:
        return float(text)
    if text.lstrip("+-").isdecimal():
        return int(text)
    # ``1e6`` is allowed, ``2.5`` is not.
    if not float(text).is_integer():
        raise ValueError(QCoreApplication.translate("SettingText", "Must be a whole number"))
    return int(float(text))


def _range_problem(about: Setting, value: Any) -> str:
    if about.choices:
        is_known = value in about.choices
        return "" if is_known else QCoreApplication.translate("SettingText", "Not a known choice")
    if about.low is not None and value < about.low:
        text = QCoreApplication.translate("SettingText", "Must be at least {0}")
        return text.format(number_text(about.low))
    if about.high is not None and value > about.high:
        text = QCoreApplication.translate("SettingText", "Must be at most {0}")
        return text.format(number_text(about.high))
    return ""
