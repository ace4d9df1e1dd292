"""Data that must be removed from a report."""

import json
from pathlib import Path

import pytest

from engine.diagnostics.scrub import (
    HOME,
    HOST,
    MAIL,
    SECRET,
    USER,
    Scrubber,
    scrubber_of_this_machine,
)

SCRUBBER = Scrubber(
    homes=[Path("/srv/people/alice"), "C:\\Users\\Alice Liddell"],
    users=["alice", "Alice Liddell", "li"],
    hosts=["wonderbox.example.org", "wonderbox"],
)
SECRETS = (
    'password = "hunter2 with blanks"',
    "PASSWORD=hunter2",
    "db_password: hunter2",
    "--api-key hunter2",
    "--token=hunter2",
    '{"wandb_api_key": "hunter2"}',
    '{\\"secret\\": \\"hunter2\\"}',
    "Authorization: Bearer hunter2",
    "HF_TOKEN='hunter2'",
    "token: 'hunter2",
    '"passwd": "hun\\"ter2 hunter2"',
    "https://someone:hunter2@example.org/x",
    "https://hunter2@example.org/x",
    "access-key=hunter2&x=1",
    "密码：hunter2".replace("：", ":"),
)
KEYS = (
    "hf_" + "a1B2" * 6,
    "ghp_" + "a1B2" * 9,
    "sk-" + "proj-" + "a1B2" * 8,
    "AKIA" + "ABCD" * 4,
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.abc-def",
    "0123456789abcdef" * 2 + "01234567",
    "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIabc\nxyz\n-----END RSA PRIVATE KEY-----",
)


@pytest.mark.parametrize("text", SECRETS)
def test_that_what_is_called_a_secret_is_taken_out(text: str):
    scrubbed = SCRUBBER.scrub(f"before {text}\nafter")
    assert "hunter2" not in scrubbed
    assert SECRET in scrubbed
    assert scrubbed.startswith("before ")
    assert scrubbed.endswith("\nafter")


@pytest.mark.parametrize("text", KEYS)
def test_that_what_looks_like_a_key_is_taken_out(text: str):
    assert SCRUBBER.scrub(f"it said {text} today") == f"it said {SECRET} today"


@pytest.mark.parametrize(
    "text",
    [
        "/srv/people/alice/Diptych/runs/one",
        "/home/bob/Diptych/runs/one",
        "/Users/bob/Diptych/runs/one",
        "C:\\Users\\Alice Liddell\\Diptych\\runs\\one",
        "c:/users/alice liddell/Diptych/runs/one",
        "D:\\Users\\Bob Dodgson\\Diptych\\runs\\one",
        json.dumps("C:\\Users\\Bob Dodgson\\Diptych\\runs\\one"),
        json.dumps(json.dumps("C:\\Users\\Bob Dodgson\\Diptych\\runs\\one")),
        "file:///home/bob/Diptych/runs/one",
    ],
)
def test_that_a_home_becomes_a_tilde(text: str):
    scrubbed = SCRUBBER.scrub(text)
    assert HOME in scrubbed
    assert "one" in scrubbed
    assert not [name for name in ("alice", "bob", "dodgson", "people") if name in scrubbed.lower()]


def test_that_names_and_addresses_are_taken_out():
    text = "alice@wonderbox: mail a.liddell+x@example.co.uk, ALICE_backup on WonderBox.example.org"
    scrubbed = SCRUBBER.scrub(text)
    assert "alice" not in scrubbed.lower()
    assert "wonderbox" not in scrubbed.lower()
    assert "liddell" not in scrubbed
    assert MAIL in scrubbed
    assert f"{USER}_backup on {HOST}" in scrubbed


def test_that_a_short_name_is_taken_out_where_it_stands_alone():
    assert SCRUBBER.scrub("li made a list") == f"{USER} made a list"


def test_that_figures_and_settings_stay():
    text = (
        'tokenizer = "words"\ntoken_entropy: 0.93, {"kid": 0.0123, "best": ["kid"]}\n'
        "version 12.4.1 of 2026-11-25 02:43:07; dataset_version 0123456789abcdef\n"
        "learning_rate = 2e-4, 60,000 pairs at 32 px\n"
    )
    assert SCRUBBER.scrub(text) == text


def test_that_long_lines_take_no_time_at_all():
    """A pattern with quadratic backtracking would not finish."""
    for piece in ("a", "token", "a.b-", "/home/", "C:\\Users\\", '"', "x@", "password="):
        text = piece * (400_000 // len(piece))
        assert SCRUBBER.scrub(text)


def test_that_this_machine_knows_whose_it_is(own_home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("getpass.getuser", lambda: "dodgson")
    monkeypatch.setattr("platform.node", lambda: "rabbithole.local")
    scrubber = scrubber_of_this_machine()
    text = f"{own_home}/runs of dodgson on rabbithole"
    assert scrubber.scrub(text) == f"{HOME}/runs of {USER} on {HOST}"


def test_that_a_machine_without_names_still_gives_a_report(monkeypatch: pytest.MonkeyPatch):
    def fail() -> str:
        raise KeyError("no such user")

    monkeypatch.setattr("getpass.getuser", fail)
    assert scrubber_of_this_machine().scrub("all is well") == "all is well"
