"""How a column of texts is turned into networks."""

from dataclasses import replace

import pytest

from engine.config.networks import EVERY_TOKEN, INITIAL_STATE, NetworkConfig
from engine.config.presets import PRESETS
from engine.data.facts import TextFacts
from engine.modalities.text import SHORT_TEXT, TextKind
from tests.helpers.tiny import tiny_modalities

TOKENIZER = tiny_modalities()[0].tokenizer
LENGTHS = (2, SHORT_TEXT, SHORT_TEXT + 1, 20)


@pytest.mark.parametrize("encoding", ["one-hot", "token-ids"])
def test_that_only_texts_of_several_tokens_get_their_context_at_every_token(encoding):
    networks = replace(PRESETS["cpu-tiny"].networks, text_encoding=encoding)
    chosen = [
        TextKind().build("text", TextFacts(tokenizer=TOKENIZER, length=length), networks, None)
        for length in LENGTHS
    ]
    expected = [INITIAL_STATE, INITIAL_STATE, EVERY_TOKEN, EVERY_TOKEN]
    assert [modality.conditioning for modality in chosen] == expected
    assert [modality.build_decoder().conditioning for modality in chosen] == expected


@pytest.mark.parametrize("conditioning", [INITIAL_STATE, EVERY_TOKEN])
def test_that_a_chosen_conditioning_holds_for_all_lengths(conditioning):
    networks = NetworkConfig(text_conditioning=conditioning)
    for length in LENGTHS:
        facts = TextFacts(tokenizer=TOKENIZER, length=length)
        assert TextKind().build("text", facts, networks, None).conditioning == conditioning


def test_that_older_runs_are_conditioned_as_they_were():
    assert NetworkConfig().text_conditioning == INITIAL_STATE
