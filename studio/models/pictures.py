"""Pixels as pictures that Qt draws."""

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

_FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGBA8888,
}


def image_of(pixels: npt.NDArray[np.uint8]) -> QImage:
    """Copy [H, W], [H, W, 1], [H, W, 3] or [H, W, 4] pixels into a picture."""
    block = pixels[:, :, None] if pixels.ndim == 2 else pixels
    height, width, channels = block.shape
    rows = np.ascontiguousarray(block).tobytes()
    view = QImage(rows, width, height, channels * width, _FORMATS[channels])
    kind = QImage.Format.Format_ARGB32 if channels == 4 else QImage.Format.Format_RGB32
    return view.convertToFormat(kind)
