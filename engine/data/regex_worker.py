"""Runs a regular expression over texts in a process of its own, which can be ended at any time.

Python cannot interrupt a pattern that has run wild, and it holds up every other thread meanwhile.
Reads one JSON table from standard input and writes one to standard output. Run as a file, it needs
nothing but the standard library.
"""

import json
import re
import sys


def replaced(
    texts: list[str], pattern: "re.Pattern[str]", template: str, longest: int
) -> tuple[dict[int, str], bool]:
    """Replace in every text.

    Args:
        texts: to look at.
        pattern: what to find.
        template: what to put there, in the form of ``re.sub``.
        longest: characters that a text may grow to.

    Returns:
        The changed texts by their places, and whether one grew too long.
    """
    changed: dict[int, str] = {}
    for place, text in enumerate(texts):
        new = pattern.sub(template, text)
        if len(new) > max(longest, len(text)):
            return changed, True
        if new != text:
            changed[place] = new
    return changed, False


def main() -> None:
    """Do what standard input asks for."""
    order = json.loads(sys.stdin.buffer.read())
    pattern = re.compile(order["pattern"], order["flags"])
    changed, is_too_long = replaced(order["texts"], pattern, order["template"], order["longest"])
    answer = {"changed": changed, "is_too_long": is_too_long}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
