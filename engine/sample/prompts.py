"""Texts to draw: what a run can make of each line. Does not import torch, for the dialog."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.data.facts import TextFacts
from engine.errors import UnknownWordsError
from engine.sample.request import read_lines


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One text to draw."""

    line: int
    """Counted from 1, with empty lines."""
    text: str
    unknown: tuple[str, ...] = ()
    """Words that are not in the run's vocabulary; with any, the line is not drawn."""
    drawn_as: str = ""
    """The beginning that fits into the run's text length; empty if all of it does."""
    tokens: int = 0
    """Number of tokens of the text."""
    max_tokens: int = 0
    """Number of tokens that the run can read."""

    def sentence(self) -> str:
        """Say what is wrong with the line, in English; empty if nothing is."""
        if self.unknown:
            words = ", ".join(self.unknown)
            return f"Line {self.line} is not drawn: not in the run's vocabulary: {words}."
        if not self.drawn_as:
            return ""
        return (
            f"Line {self.line} has {self.tokens} tokens, the run reads {self.max_tokens}: "
            f"it is drawn as “{self.drawn_as}”."
        )


def check_prompts(lines: Iterable[tuple[int, str]], facts: TextFacts) -> list[Prompt]:
    """Check what a run can make of texts.

    Args:
        lines: number and text of each.
        facts: of the run's column of texts.
    """
    return [_checked(number, text, facts) for number, text in lines]


def drawable(prompts: Sequence[Prompt], *, at_least: int = 1) -> list[Prompt]:
    """Return the prompts that can be drawn.

    Raises:
        UnknownWordsError: they are too few; names every unknown word.
    """
    kept = [prompt for prompt in prompts if not prompt.unknown]
    if len(kept) < at_least:
        raise UnknownWordsError([*dict.fromkeys(word for p in prompts for word in p.unknown)])
    return kept


def read_prompts(path: Path, facts: TextFacts, *, at_least: int = 1) -> list[Prompt]:
    """Read and check a text file with one text per line.

    Raises:
        TextsUnreadableError: it is not UTF-8, too large, or holds too few texts.
    """
    return check_prompts(read_lines(path, at_least=at_least), facts)


def _checked(number: int, text: str, facts: TextFacts) -> Prompt:
    tokenizer, length = facts.tokenizer, facts.length
    unknown = tuple(tokenizer.out_of_vocabulary(text))
    tokens, limit = tokenizer.count(text), length - 1
    is_cut = tokens > limit and not unknown
    return Prompt(
        line=number,
        text=text,
        unknown=unknown,
        drawn_as=tokenizer.decode(tokenizer.encode(text, length)) if is_cut else "",
        tokens=tokens,
        max_tokens=limit,
    )
