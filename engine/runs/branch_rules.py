"""What a branch may change: everything that neither shapes the networks nor the texts.

No tensor is touched here, so that the studio's form can ask at every key.
"""

from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.errors import Problem

_FIXED = frozenset(
    {
        "family",
        "data.tokenizer",
        "data.vocabulary_size",
        "data.word_vectors",
        # It has numbers of its own in a checkpoint.
        "data.augmentation",
    }
)
_BOUND = "spectral-norm"
"""This regularizer lives in the critic's layers."""


def branch_problems(source: RunConfig, config: RunConfig) -> list[Problem]:
    """Name every setting in which a branch cannot differ from the run that it leaves."""
    problems = [
        _problem(name, value_at(source, name))
        for name, _field, _about in settings_in(source)
        if (name in _FIXED or name.startswith("networks."))
        and value_at(source, name) != value_at(config, name)
    ]
    if source.dataset != config.dataset:
        problems.append(_problem("dataset", source.dataset))
    regularizers = {source.training.regularizer, config.training.regularizer}
    if len(regularizers) > 1 and _BOUND in regularizers:
        problems.append(_problem("training.regularizer", source.training.regularizer))
    return problems


def is_fixed_in_branch(name: str) -> bool:
    """Whether a setting can never differ in a branch."""
    return name in _FIXED or name.startswith("networks.")


def _problem(name: str, value: object) -> Problem:
    return Problem(name, f"is {value} in the run that is branched and cannot differ")
