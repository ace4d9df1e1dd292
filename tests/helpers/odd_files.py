"""All odd picture files in one table, as a folder of a stranger's would hold them."""

from pathlib import Path

from engine.importing.accounts import Reason
from tests.helpers.odd_pictures import FLAWS, LOOKS, Look

ODD_FILES: dict[str, tuple[bytes, Reason | Look]] = {**LOOKS, **FLAWS}
"""Name -> (content, why it is refused or how it must look)."""


def write_odd_files(folder: Path) -> int:
    """Write them all into a folder, and tell how many there are."""
    for name, (content, _expected) in ODD_FILES.items():
        (folder / name).write_bytes(content)
    return len(ODD_FILES)
