"""What a user reads about an error."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """An error in the user's language."""

    happened: str
    """What happened, as one short sentence."""
    why: str
    hint: str
    """What to do next."""
