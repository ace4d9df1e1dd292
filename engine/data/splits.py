"""Which items are held out: decided by each item's name alone, so for ever the same."""

import hashlib

from engine.data.store import HELD_OUT, TRAIN


def stable_split(key: str, percent: int) -> str:
    """Hold the same items out for ever, whatever else joins the dataset.

    Who is held out at some percentage still is at any higher one.

    Args:
        key: names the item; any string, also one with halves of surrogate pairs, as paths have.
        percent: share to hold out, 0 to 100.
    """
    return HELD_OUT if split_place(key) < percent else TRAIN


def split_place(key: str) -> int:
    """Give an item's place, 0 to 99: it is held out at every percentage above."""
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % 100
