"""Brings every kind of pixel that Pillow knows to eight bits of sRGB, grey or colour.

Pillow's own ``convert`` clips sixteen bits instead of scaling them, and knows no colour profiles.
"""

import io
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

_PROFILED = {
    "L": "GRAY",
    "LA": "GRAY",
    "RGB": "RGB ",
    "RGBA": "RGB ",
    "CMYK": "CMYK",
    "LAB": "Lab ",
}
"""The colour space that a profile must be for, by mode."""
_PROFILES_KEPT = 16
_TOPS = (1.0, 255.0, 65_535.0)
"""What white is in numbers without a fixed range: the least of these that nothing exceeds."""


def in_plain_colours(picture: Image.Image) -> Image.Image:
    """Convert a loaded picture to mode L, LA, RGB or RGBA, in sRGB."""
    profile = picture.info.get("icc_profile")
    plain = _in_eight_bits(picture)
    if isinstance(profile, bytes) and profile and plain.mode in _PROFILED:
        plain = _in_srgb(plain, profile)
    if plain.mode == "LAB":
        # Without a profile of its own it is the standard's.
        plain = ImageCms.applyTransform(plain, _lab_transform()) or plain
    return plain if plain.mode in {"L", "LA", "RGB", "RGBA"} else plain.convert("RGB")


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Come as near to a plain mode as is possible without knowing the profile."""
    match picture.mode:
        case "F" | "I":
            return _from_deep(picture)
        case mode if mode.startswith("I;"):
            return _from_deep(picture)
        case "1" | "L" | "RGB" | "P" | "PA" if picture.has_transparency_data:
            return picture.convert("LA" if picture.mode in {"1", "L"} else "RGBA")
        case "1":
            return picture.convert("L")
        case "La":
            return picture.convert("LA")
        case "RGBa":
            return picture.convert("RGBA")
        case "L" | "LA" | "RGB" | "RGBA" | "CMYK" | "LAB":
            return picture
        case _:
            return picture.convert("RGB")


def _from_deep(picture: Image.Image) -> Image.Image:
    """Scale sixteen bits and more to eight: Pillow's own conversion clips at 255."""
    deep = np.asarray(picture)
    if deep.dtype.kind == "f":
        return _from_floats(deep)
    top = int(deep.max(initial=0))
    if top <= 255:  # eight bits in a wider file
        return Image.fromarray(deep.clip(0, 255).astype(np.uint8))
    white = 65_535 if top <= 65_535 else 2**31 - 1
    wide = deep.clip(0, white).astype(np.int64)
    return Image.fromarray((wide * 255 // white).astype(np.uint8))


def _from_floats(deep: npt.NDArray[np.floating]) -> Image.Image:
    finite = np.nan_to_num(deep, nan=0.0, posinf=0.0, neginf=0.0)
    top = float(finite.max(initial=0.0))
    white = next((white for white in _TOPS if top <= white), top)
    return Image.fromarray((finite.clip(0, white) / white * 255 + 0.5).astype(np.uint8))


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Apply a colour profile; one that is damaged or for other pixels is ignored."""
    bare = {"LA": "L", "RGBA": "RGB"}.get(picture.mode, picture.mode)
    transform = _transform(profile, bare)
    if transform is None:
        return picture
    opaque = picture.convert(bare) if bare != picture.mode else picture
    colours = ImageCms.applyTransform(opaque, transform)
    if colours is None:
        return picture
    if bare == "L":
        colours = colours.convert("L")
    if bare != picture.mode:
        colours.putalpha(picture.getchannel("A"))
    return colours


@lru_cache(maxsize=_PROFILES_KEPT)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the way from a profile to sRGB; None if there is none, or nothing to do."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        facts = cast("Any", opened.profile)
        if facts.xcolor_space != _PROFILED[mode]:
            return None
        if "srgb" in (facts.profile_description or "").lower():
            return None
        return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except Exception:  # noqa: BLE001 (a stranger's profile; a picture without is still one)
        return None


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
