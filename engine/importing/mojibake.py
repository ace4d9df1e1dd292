"""Text that was read in the wrong encoding: finds it, and reads it as it was meant.

``cafÃ©`` is UTF-8 read as Western European; ftfy knows those (Speer 2019, "ftfy", Zenodo,
doi:10.5281/zenodo.2591652). Chinese in UTF-8 read as GBK is tried here.
"""

import ftfy

from engine.importing.text_likelihood import MODELS, log_likelihood, unicode_log_likelihood

# Nothing but the encoding is mended: quotes, widths, ligatures and entities are the writer's.
_ONLY_ENCODING = ftfy.TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    fix_encoding=True,
    restore_byte_a0=True,
    replace_lossy_sequences=False,
    decode_inconsistent_utf8=True,
    fix_c1_controls=True,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)
_CHINESE = next(model for model in MODELS if model.encoding == "gb18030")
_LOST = ("\ufffd", "锟斤拷")
_CLEAR_LEAD = 10.0


def looks_like_mojibake(text: str) -> bool:
    """Tell whether a text was read in the wrong encoding, be it mendable or not."""
    if text.isascii():
        return False
    return any(mark in text for mark in _LOST) or mend_mojibake(text) != text


def mend_mojibake(text: str) -> str:
    """Read a text as it was meant; one that is right, or past mending, comes back as it is."""
    if text.isascii():
        return text
    mended = ftfy.fix_encoding(text, _ONLY_ENCODING)
    return mended if mended != text else _mend_chinese(text)


def _mend_chinese(text: str) -> str:
    """Undo a reading of UTF-8 as GBK, if what comes out is far likelier to be written."""
    try:
        meant = text.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return text
    lead = unicode_log_likelihood(meant) - log_likelihood(text, _CHINESE)
    return meant if lead > _CLEAR_LEAD and not any(mark in meant for mark in _LOST) else text
