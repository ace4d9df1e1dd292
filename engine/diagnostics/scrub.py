"""Takes out of a text what says who wrote it, and what opens a door."""

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
"""A shorter name is taken out only where it stands alone: it may be a part of any word."""
_COMMON = frozenset(
    {"root", "user", "admin", "administrator", "ubuntu", "runner", "localhost", "computer"}
)
"""Names that say nothing about anybody."""
_SLASH = r"(?:/|\\{1,4})"
"""Also as JSON, or as JSON within JSON, writes it."""
_FOLDER = r"[^/\\\s\"'<>|:*?,;)\]}]+(?: [^/\\\s\"'<>|:*?,;)\]}]+)*"
_HOMES = re.compile(
    rf"(?:[A-Za-z]:)?{_SLASH}(?:home|Users|Documents and Settings){_SLASH}"
    rf"(?:{_FOLDER}(?={_SLASH}|\\*[\"'])|[^/\\\s\"'<>|:*?,;)\]}}]+)",
    re.IGNORECASE,
)
"""A path into anybody's home; a name with blanks is one where the path or a quote goes on."""
_MAILS = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+")
_WORD = (
    r"[\w.-]{0,40}?(?:token|secret|passw(?:or)?[dt]|passphrase|pwd|api[_-]?key"
    r"|access[_-]?key|private[_-]?key|credential|authorization|cookie|密码|口令|密钥)s?"
)
_KEY = rf"(?<![\w.]){_WORD}"
_VALUE = (
    r"(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    # Quoted within something quoted, and quoted without an end.
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
"""What looks like a key wherever it stands."""


class Scrubber:
    """Scrubs texts of what a machine says about its user.

    Args:
        homes: folders that are the user's own.
        users: names of the user.
        hosts: names of the machine.
    """

    def __init__(
        self, homes: Iterable[Path | str], users: Iterable[str], hosts: Iterable[str]
    ) -> None:
        self._homes = [_path_pattern(str(home)) for home in sorted(map(str, homes), key=len)[::-1]]
        self._names = [
            *((_name_pattern(name), USER) for name in _telling(users)),
            *((_name_pattern(name), HOST) for name in _telling(hosts)),
        ]

    def scrub(self, text: str) -> str:
        """Give the text without secrets, homes, names and addresses."""
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
    """Make one that knows this user and this machine."""
    homes: set[str] = {os.path.expanduser("~")}  # noqa: PTH111 - Path.home raises without a home
    homes |= {os.path.realpath(home) for home in homes}
    users = {Path(home).name for home in homes}
    # A container may run under a number that has no name.
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


def _path_pattern(path: str) -> re.Pattern[str]:
    """Find a path however its slashes are written."""
    parts = [re.escape(part) for part in re.split(r"[/\\]+", path.rstrip("/\\"))]
    return re.compile(_SLASH.join(parts) + r"(?![\w.-])", re.IGNORECASE)
