"""What rank 0 of a run in several processes tells the others to do."""

from enum import StrEnum


class Order(StrEnum):
    """The kinds of messages; ``engine.train.followers`` obeys them."""

    SET_UP = "set up"
    """Build networks and data of a run, and connect."""
    LOAD_STATE = "load state"
    """Take over the tensors of rank 0."""
    WARM_UP = "warm up"
    """Take steps on copies, and agree on whether they fit into memory."""
    STEP = "step"
    """Take a training step."""
    USE_SETTINGS = "use settings"
    """Use other live settings from the next step on."""
    RELEASE = "release"
    """Free the memory of the run."""
