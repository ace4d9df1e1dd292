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
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
    return HELD_OUT if int.from_bytes(digest[:4]) % 100 < percent else TRAIN
