"""Run a regular expression over texts in a child process that can be killed.

Python cannot interrupt a slow pattern, and it blocks all threads while it runs. The process reads
one JSON object from standard input and writes one to standard output. It uses the standard library
only.
"""

import json
import re
import sys


def replaced(
    texts: list[str], pattern: "re.Pattern[str]", template: str, max_length: int
) -> tuple[dict[int, str], bool]:
    """Replace all matches in all texts.

    Args:
        texts: texts to search.
        pattern: pattern to find.
        template: replacement, as for ``re.sub``.
        max_length: largest number of characters of a text after replacement.

    Returns:
        The changed texts by index, and whether a text became too long.
    """
    changed: dict[int, str] = {}
    for place, text in enumerate(texts):
        new = pattern.sub(template, text)
        if len(new) > max(max_length, len(text)):
            return changed, True
        if new != text:
            changed[place] = new
    return changed, False


def main() -> None:
    """Process the request on standard input."""
    order = json.loads(sys.stdin.buffer.read())
    pattern = re.compile(order["pattern"], order["flags"])
    changed, is_too_long = replaced(order["texts"], pattern, order["template"], order["max_length"])
    answer = {"changed": changed, "is_too_long": is_too_long}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
