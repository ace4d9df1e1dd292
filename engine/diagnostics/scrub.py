"""Remove personal data and credentials from texts."""

import contextlib
import getpass
import os
import platform
import re
import socket
from collections.abc import Iterable
from pathlib import Path

HOME, USER, HOST, MAIL, SECRET = "~", "<user>", "<host>", "<e-mail>", "<secret>"
_SHORT = 4
"""Shorter names are replaced only as whole words."""
_COMMON = frozenset(
    {"root", "user", "admin", "administrator", "ubuntu", "runner", "localhost", "computer"}
)
"""Generic names, which are not replaced."""
_SLASH = r"(?:/|\\{1,4})"
"""Path separator, also escaped as in JSON or nested JSON."""
_FOLDER = r"[^/\\\s\"'<>|:*?,;)\]}]+(?: [^/\\\s\"'<>|:*?,;)\]}]+)*"
_HOMES = re.compile(
    rf"(?:[A-Za-z]:)?{_SLASH}(?:home|Users|Documents and Settings){_SLASH}"
    rf"(?:{_FOLDER}(?={_SLASH}|\\*[\"'])|[^/\\\s\"'<>|:*?,;)\]}}]+)",
    re.IGNORECASE,
)
"""Home folder of any user; a name with spaces must be followed by a separator or a quote."""
_MAILS = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+")
_WORD = (
    r"[\w.-]{0,40}?(?:token|secret|passw(?:or)?[dt]|passphrase|pwd|api[_-]?key"
    r"|access[_-]?key|private[_-]?key|credential|authorization|cookie|密码|口令|密钥)s?"
)
_KEY = rf"(?<![\w.]){_WORD}"
_VALUE = (
    r"(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    # Nested quotes, and quotes without an end.
    r"|(?P<quote>\\+[\"'])[^\n]*?(?P=quote)|\\*[\"'][^\n]*"
    r"|(?:Bearer|Basic)\s+\S+|[^\s\"']+)"
)
_PAIRS = re.compile(
    rf"(?P<key>{_KEY}\\*[\"']?\s*[=:]\s*|(?<!\w)--?{_WORD}\s+){_VALUE}",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+@")
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bBearer\s+[\w.~+/=-]{8,}"
    r"|\b(?:hf|sk|pk|rk|gh[pousr]|github_pat|glpat|xox[abprs]|wandb|npm|pypi)[_-][\w-]{12,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"
    r"|\b[0-9a-fA-F]{32,}\b",
    re.DOTALL,
)
"""Formats of keys and tokens."""


class Scrubber:
    """Replace personal data in texts.

    Args:
        homes: home folders of the user.
        users: names of the user.
        hosts: names of the machine.
    """

    def __init__(
        self, homes: Iterable[Path | str], users: Iterable[str], hosts: Iterable[str]
    ) -> None:
        parts = (
            [re.escape(part) for part in re.split(r"[/\\]+", home.rstrip("/\\"))]
            for home in sorted(map(str, homes), key=len, reverse=True)
        )
        self._homes = [
            re.compile(_SLASH.join(part) + r"(?![\w.-])", re.IGNORECASE) for part in parts
        ]
        self._names = [
            *((_name_pattern(name), USER) for name in _telling(users)),
            *((_name_pattern(name), HOST) for name in _telling(hosts)),
        ]

    def scrub(self, text: str) -> str:
        """Return a text with secrets, home folders, names and addresses replaced."""
        text = _SHAPES.sub(SECRET, text)
        text = _PAIRS.sub(lambda found: found["key"] + SECRET, text)
        text = _IN_ADDRESS.sub(f"{SECRET}@", text)
        text = _MAILS.sub(MAIL, text)
        for pattern in self._homes:
            text = pattern.sub(HOME, text)
        text = _HOMES.sub(HOME, text)
        for pattern, instead in self._names:
            text = pattern.sub(instead, text)
        return text


def scrubber_of_this_machine() -> Scrubber:
    """Return a scrubber for the current user and machine."""
    homes: set[str] = {os.path.expanduser("~")}  # noqa: PTH111 - Path.home raises without a home
    homes |= {os.path.realpath(home) for home in homes}
    users = {Path(home).name for home in homes}
    # In a container the user id may have no name.
    with contextlib.suppress(OSError, KeyError, ImportError):
        users.add(getpass.getuser())
    hosts = {platform.node(), socket.gethostname()}
    hosts |= {host.partition(".")[0] for host in hosts}
    return Scrubber({home for home in homes if len(home) > 1}, users, hosts)


def _telling(names: Iterable[str]) -> list[str]:
    telling = {name for name in names if len(name) > 1 and name.lower() not in _COMMON}
    return sorted(telling, key=len, reverse=True)


def _name_pattern(name: str) -> re.Pattern[str]:
    pattern = re.escape(name)
    if len(name) < _SHORT:
        pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return re.compile(pattern, re.IGNORECASE)
