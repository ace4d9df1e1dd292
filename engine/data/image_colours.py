"""Convert decoded images to 8-bit sRGB: modes, transparency and colour profiles."""

import io
from functools import lru_cache
from typing import Any, cast

from PIL import Image, ImageCms

_PROFILED = {
    "L": "GRAY",
    "LA": "GRAY",
    "RGB": "RGB ",
    "RGBA": "RGB ",
    "CMYK": "CMYK",
    "LAB": "Lab ",
}
"""Colour space that an ICC profile must have, by mode."""
_PROFILES_KEPT = 16


def in_plain_colours(image: Image.Image) -> Image.Image:
    """Convert a loaded image of 8 bits per channel to mode L, LA, RGB or RGBA, in sRGB."""
    profile = image.info.get("icc_profile")
    plain = _in_plain_mode(image)
    if isinstance(profile, bytes) and profile and plain.mode in _PROFILED:
        plain = _in_srgb(plain, profile)
    if plain.mode == "LAB":
        # Without a profile, use the standard's Lab.
        plain = ImageCms.applyTransform(plain, _lab_transform()) or plain
    return plain if plain.mode in {"L", "LA", "RGB", "RGBA"} else plain.convert("RGB")


def flatten(image: Image.Image, background: str | tuple[int, ...]) -> Image.Image:
    """Composite an image in mode L, LA, RGB or RGBA over a background colour: L or RGB."""
    if image.mode not in {"LA", "RGBA"}:
        return image
    layers = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layers.size, background), layers).convert("RGB")


def _in_plain_mode(image: Image.Image) -> Image.Image:
    """Convert to a mode of whole bytes per channel without applying the profile."""
    match image.mode:
        case "1" | "L" | "RGB" | "P" | "PA" if image.has_transparency_data:
            return image.convert("LA" if image.mode in {"1", "L"} else "RGBA")
        case "1":
            return image.convert("L")
        case "La":
            return image.convert("LA")
        case "RGBa":
            return image.convert("RGBA")
        case "L" | "LA" | "RGB" | "RGBA" | "CMYK" | "LAB":
            return image
        case _:
            return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an ICC profile; one that is damaged or for another mode is ignored."""
    bare = {"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode)
    transform = _transform(profile, bare)
    if transform is None:
        return image
    opaque = image.convert(bare) if bare != image.mode else image
    colours = ImageCms.applyTransform(opaque, transform)
    if colours is None:
        return image
    if bare == "L":
        colours = colours.convert("L")
    if bare != image.mode:
        colours.putalpha(image.getchannel("A"))
    return colours


@lru_cache(maxsize=_PROFILES_KEPT)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transform from a profile to sRGB; None if it is not usable or already sRGB."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        facts = cast("Any", opened.profile)
        if facts.xcolor_space != _PROFILED[mode]:
            return None
        if "srgb" in (facts.profile_description or "").lower():
            return None
        return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except Exception:  # noqa: BLE001 (an untrusted profile; an image without is still one)
        return None


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
