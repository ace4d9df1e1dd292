"""Small pictures as file contents."""

import io

from PIL import Image


def picture(shade: int = 0, kind: str = "PNG", **options: object) -> bytes:
    """Give the content of an 8x8 picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(buffer, kind, **options)
    return buffer.getvalue()
