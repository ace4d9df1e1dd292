"""Hostile and odd picture files, made in code: each with its flaw, or with how it must look."""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from engine.importing.ledger import Reason

RED, BLUE = (255, 0, 0), (0, 0, 255)


@dataclass(frozen=True)
class Look:
    """What a decoded image must be."""

    mode: str
    size: tuple[int, int]
    first: tuple[int, ...]
    """The first pixel."""
    tolerance: int = 0


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Make a PNG chunk, by the book (RFC 2083, 3.2)."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(width: int, height: int, *middle: bytes, end: bytes = chunk(b"IEND", b"")) -> bytes:
    """Make a grey PNG whose header says what it likes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(middle) + end


def rotated(orientation: int) -> bytes:
    """Save an image whose corner is red when it stands upright as EXIF says it does not."""
    upright = Image.new("RGB", (32, 16), "blue")
    upright.paste("red", (0, 0, 8, 8))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    as_held = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(as_held, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0)


def swapped_profile() -> bytes:
    """Make a colour profile in which red and blue have changed places.

    The primaries' tags of sRGB's own profile trade their names; its description loses its own.
    """
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    traded = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    return traded.replace(b"s\0R\0G\0B", b"t\0e\0s\0t").replace(b"sRGB", b"test")


def noise(size: int = 64) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def with_palette(transparency: int | bytes | None = None) -> bytes:
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([*RED, *BLUE])
    options = {} if transparency is None else {"transparency": transparency}
    return saved(picture, "PNG", **options)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    options = {"lossless": True} if kind == "WEBP" else {}
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)


def text_bomb() -> bytes:
    """Make a PNG with a comment of 100 MB that packs into 100 KB."""
    packed = zlib.compress(bytes(100_000_000), 1)
    return png(
        1, 1, chunk(b"zTXt", b"Comment\0\0" + packed), chunk(b"IDAT", zlib.compress(b"\0\0"))
    )


def many_texts() -> bytes:
    """Make a PNG whose comments are all small enough, but too many."""
    packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000), 9))
    return png(1, 1, *[packed] * 80, chunk(b"IDAT", zlib.compress(b"\0\0")))


def deep(numbers: Any, kind: str = "PNG") -> bytes:
    return saved(Image.fromarray(numbers), kind)


_RED = Image.new("RGB", (16, 16), "red")
_JPEG, _PNG = saved(noise(), "JPEG"), saved(noise(), "PNG")
_WEBP, _GIF = saved(noise(), "WEBP"), saved(noise(), "GIF")
_BMP, _TIFF = saved(noise(), "BMP"), saved(noise(), "TIFF")
_BOX = b"\0\0\0\x18ftyp"
_PIXELS_16 = np.full((4, 4), 32_768, dtype=np.uint16)

LOOKS: dict[str, tuple[bytes, Look]] = {
    "rgba.png": (
        saved(Image.new("RGBA", (4, 4), (255, 0, 0, 128)), "PNG"),
        Look("RGBA", (4, 4), (255, 0, 0, 128)),
    ),
    "la.png": (saved(Image.new("LA", (4, 4), (9, 80)), "PNG"), Look("LA", (4, 4), (9, 80))),
    "grey.png": (saved(Image.new("L", (4, 4), 77), "PNG"), Look("L", (4, 4), (77,))),
    "one-bit.png": (saved(Image.new("1", (4, 4), 1), "PNG"), Look("L", (4, 4), (255,))),
    "one-bit-transparent.png": (
        saved(Image.new("1", (4, 4), 1), "PNG", transparency=1),
        Look("LA", (4, 4), (255, 0)),
    ),
    "grey-with-a-see-through-shade.png": (
        saved(Image.new("L", (4, 4), 7), "PNG", transparency=7),
        Look("LA", (4, 4), (7, 0)),
    ),
    "colour-with-a-see-through-shade.png": (
        saved(_RED, "PNG", transparency=RED),
        Look("RGBA", (16, 16), (255, 0, 0, 0)),
    ),
    "palette.png": (with_palette(), Look("RGB", (4, 4), BLUE)),
    "palette-with-a-see-through-entry.png": (with_palette(1), Look("RGBA", (4, 4), (*BLUE, 0))),
    "palette-with-alpha.png": (with_palette(b"\xff\x50"), Look("RGBA", (4, 4), (*BLUE, 0x50))),
    "sixteen-bit.png": (deep(_PIXELS_16), Look("L", (4, 4), (128,))),
    "sixteen-bit.tif": (deep(_PIXELS_16, "TIFF"), Look("L", (4, 4), (128,))),
    "thirty-two-bit.tif": (
        deep(np.full((4, 4), 40_000, dtype=np.int32), "TIFF"),
        Look("L", (4, 4), (156,)),
    ),
    "float.tif": (
        deep(np.full((4, 4), 0.5, dtype=np.float32), "TIFF"),
        Look("L", (4, 4), (128,)),
    ),
    "float-of-nothing.tif": (
        deep(np.full((4, 4), np.nan, dtype=np.float32), "TIFF"),
        Look("L", (4, 4), (0,)),
    ),
    "float-beyond-all.tif": (
        deep(np.full((4, 4), 1e30, dtype=np.float32), "TIFF"),
        Look("L", (4, 4), (255,)),
    ),
    "cmyk.tif": (
        saved(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF"),
        Look("RGB", (4, 4), RED),
    ),
    "cmyk-inverted-as-adobe-does.jpg": (
        saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95),
        Look("RGB", (16, 16), RED, 4),
    ),
    "lab.tif": (
        saved(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF"),
        Look("RGB", (4, 4), (255, 255, 255), 3),
    ),
    "profile-of-swapped-colours.png": (
        saved(_RED, "PNG", icc_profile=swapped_profile()),
        Look("RGB", (16, 16), BLUE, 3),
    ),
    "profile-of-swapped-colours-and-alpha.png": (
        saved(Image.new("RGBA", (4, 4), (255, 0, 0, 9)), "PNG", icc_profile=swapped_profile()),
        Look("RGBA", (4, 4), (0, 0, 255, 9), 3),
    ),
    "profile-damaged.jpg": (
        saved(_RED, "JPEG", icc_profile=b"no profile at all" * 20),
        Look("RGB", (16, 16), RED, 3),
    ),
    "profile-of-another-mode.png": (
        saved(Image.new("L", (4, 4), 77), "PNG", icc_profile=swapped_profile()),
        Look("L", (4, 4), (77,)),
    ),
    "exif-damaged.jpg": (
        saved(_RED, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"),
        Look("RGB", (16, 16), RED, 3),
    ),
    "exif-orientation-99.jpg": (rotated(99), Look("RGB", (32, 16), RED, 12)),
    "animated.gif": (animated("GIF"), Look("RGB", (8, 8), RED)),
    "animated.webp": (animated("WEBP"), Look("RGB", (8, 8), RED)),
    "animated.png": (animated("PNG"), Look("RGB", (8, 8), RED)),
    "lossless-with-alpha.webp": (
        saved(Image.new("RGBA", (4, 4), (255, 0, 0, 128)), "WEBP", lossless=True),
        Look("RGBA", (4, 4), (255, 0, 0, 128)),
    ),
    "photo-in-two-parts.jpg": (
        saved(_RED, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16), "blue")]),
        Look("RGB", (16, 16), RED, 3),
    ),
    "png-that-is-named-jpg.jpg": (saved(_RED, "PNG"), Look("RGB", (16, 16), RED)),
    "plain.ppm": (b"P3\n1 1\n255\n255 0 0\n", Look("RGB", (1, 1), RED)),
    "junk-behind-the-end.png": (
        saved(_RED, "PNG") + b"<?php system('x') ?>",
        Look("RGB", (16, 16), RED),
    ),
    "one-pixel.bmp": (
        saved(Image.new("RGB", (1, 1), "red"), "BMP"),
        Look("RGB", (1, 1), RED),
    ),
    **{
        f"exif-orientation-{n}.jpg": (rotated(n), Look("RGB", (32, 16), RED, 12))
        for n in range(1, 9)
    },
}

FLAWS: dict[str, tuple[bytes, Reason]] = {
    "empty.png": (b"", Reason.EMPTY),
    "text.jpg": (b"This is a caption, not a photograph.", Reason.NOT_AN_IMAGE),
    "page.jpg": (b"<!DOCTYPE html><html>404 Not Found</html>", Reason.NOT_AN_IMAGE),
    "zeros.jpg": (bytes(5_000), Reason.NOT_AN_IMAGE),
    "text-like-a-bitmap.bmp": (b"BMW and Audi are cars.", Reason.NOT_AN_IMAGE),
    "pickle.png": (b"\x80\x04\x95cos\nsystem\n(S'ls'\ntR.", Reason.NOT_AN_IMAGE),
    "git-lfs-pointer.png": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        Reason.NOT_AN_IMAGE,
    ),
    "photo.heic": (_BOX + b"heic" + bytes(100), Reason.UNSUPPORTED),
    "photo.heif": (_BOX + b"mif1" + bytes(100), Reason.UNSUPPORTED),
    "film.mp4": (_BOX + b"isom" + bytes(100), Reason.UNSUPPORTED),
    "drawing.svg": (b'<?xml version="1.0"?>\n<svg xmlns="x"></svg>', Reason.UNSUPPORTED),
    "drawing-with-entities.svg": (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
        Reason.UNSUPPORTED,
    ),
    "layers.psd": (b"8BPS\0\1" + bytes(100), Reason.UNSUPPORTED),
    "program.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", Reason.UNSUPPORTED),
    "program.png": (b"%!PS\n(/etc/passwd) (r) file\n", Reason.UNSUPPORTED),
    "paper.pdf": (b"%PDF-1.4\n1 0 obj\n", Reason.UNSUPPORTED),
    "page.ico": (saved(_RED, "ICO"), Reason.UNSUPPORTED),
    "old.tga": (saved(_RED, "TGA"), Reason.UNSUPPORTED),
    "wavelets.jp2": (saved(_RED, "JPEG2000"), Reason.UNSUPPORTED),
    "texture.dds": (saved(_RED, "DDS"), Reason.UNSUPPORTED),
    "new.jxl": (b"\xff\x0a" + bytes(50), Reason.UNSUPPORTED),
    "metafile.emf": (b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(99), Reason.UNSUPPORTED),
    "cut.jpg": (_JPEG[: len(_JPEG) // 2], Reason.TRUNCATED),
    "cut-in-the-header.jpg": (_JPEG[:30], Reason.TRUNCATED),
    "cut-after-the-mark.jpg": (b"\xff\xd8", Reason.TRUNCATED),
    "cut.png": (_PNG[: len(_PNG) // 2], Reason.TRUNCATED),
    "cut-in-the-header.png": (_PNG[:20], Reason.TRUNCATED),
    "cut-in-the-mark.png": (_PNG[:5], Reason.TRUNCATED),
    "cut.webp": (_WEBP[: len(_WEBP) // 2], Reason.TRUNCATED),
    "cut.gif": (_GIF[: len(_GIF) // 2], Reason.TRUNCATED),
    "cut.bmp": (_BMP[: len(_BMP) // 2], Reason.TRUNCATED),
    "cut.tif": (_TIFF[: len(_TIFF) // 2], Reason.TRUNCATED),
    "wrong-checksum-in-the-header.png": (_PNG[:29] + b"?" + _PNG[30:], Reason.DAMAGED),
    "scrambled.png": (png(8, 8, chunk(b"IDAT", b"no zlib stream")), Reason.DAMAGED),
    "no-pixels.png": (png(0, 8, chunk(b"IDAT", zlib.compress(b""))), Reason.DAMAGED),
    "no-pixels.bmp": (b"BM" + struct.pack("<I", 54) + bytes(48), Reason.DAMAGED),
    "scrambled.webp": (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(8), Reason.DAMAGED),
    "scrambled.jpg": (_JPEG[:20] + bytes(200) + b"\xff\xd9", Reason.DAMAGED),
    "scrambled.tif": (b"II*\0" + b"\xff" * 40, Reason.DAMAGED),
    "too-many-samples.tif": (
        _TIFF.replace(
            struct.pack("<HHL", 277, 3, 1) + b"\3", struct.pack("<HHL", 277, 3, 1) + b"\x99"
        ),
        Reason.TRUNCATED,
    ),
    "bomb-by-its-header.png": (png(50_000, 50_000), Reason.TOO_LARGE),
    "bomb-just-above-the-limit.png": (png(16_001, 8_000), Reason.TOO_LARGE),
    "bomb-as-wide-as-can-be.png": (png(2**31 - 1, 1), Reason.TOO_LARGE),
    "bomb-by-its-header.gif": (
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0\0\0" + _GIF[13:],
        Reason.TOO_LARGE,
    ),
    "bomb-by-its-header.bmp": (
        _BMP[:18] + struct.pack("<ii", 100_000, 100_000) + _BMP[26:],
        Reason.TOO_LARGE,
    ),
    "bomb.ppm": (b"P6 100000 100000 255\n", Reason.TOO_LARGE),
    "bomb-in-a-comment.png": (text_bomb(), Reason.TOO_LARGE),
    "bomb-in-many-comments.png": (many_texts(), Reason.TOO_LARGE),
}

assert PngImagePlugin.MAX_TEXT_CHUNK <= 1 << 20, "the bombs above are too small"
