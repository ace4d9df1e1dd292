"""The model families by name; ``engine.train.families`` builds them."""

FAMILIES = ("hybrid", "adversarial", "mvae", "mopoe")
ADVERSARIAL_FAMILIES = ("hybrid", "adversarial")
"""Those in which a critic judges."""
VARIATIONAL_FAMILIES = ("mvae", "mopoe")
"""Those that learn by a bound on the likelihood."""
