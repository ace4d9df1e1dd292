import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.importing.mojibake import looks_like_mojibake, mend_mojibake
from engine.importing.text_cleaning import clean_text

MEANT = ["un café crème", "it’s a dog", "naïve façade", "Mädchen über Größe", "“red” car"]
CHINESE = ["可爱的小猫坐在椅子上", "红色的汽车停在街上", "一只狗在草地上跑"]


MISREAD = [
    (meant, wrong)
    for meant in MEANT
    for wrong in ("cp1252", "latin-1")
    # Some bytes mean nothing in Windows' encoding: such a text cannot be misread whole.
    if meant.encode().decode(wrong, "ignore").encode(wrong) == meant.encode()
]


def test_that_most_texts_can_be_misread():
    assert len(MISREAD) == 2 * len(MEANT) - 1


@pytest.mark.parametrize(("meant", "wrong"), MISREAD)
def test_that_utf8_read_as_western_is_mended(meant, wrong):
    misread = meant.encode().decode(wrong)
    assert looks_like_mojibake(misread)
    assert mend_mojibake(clean_text(misread)) == meant


@pytest.mark.parametrize("meant", CHINESE)
def test_that_chinese_is_mended(meant):
    assert mend_mojibake(meant.encode().decode("latin-1")) == meant
    misread = meant.encode().decode("gb18030", "ignore")
    if misread.encode("gb18030") == meant.encode():
        assert mend_mojibake(misread) == meant
        assert looks_like_mojibake(misread)


def test_that_some_chinese_is_misread_whole():
    # Without one, the test above would test nothing.
    assert any(
        t.encode().decode("gb18030", "ignore").encode("gb18030") == t.encode() for t in CHINESE
    )


@pytest.mark.parametrize(
    "text",
    [
        *MEANT,
        *CHINESE,
        "雪山",
        "困惑",
        "“curly” ‘quotes’ stay",
        "&amp; &lt;b&gt;",
        "ﬁne ligature",
        "ｆｕｌｌ ｗｉｄｔｈ",
        "e\u0301",
        "ÀÉÎ ÕÜ",
        "赤い猫",
        "кошка",
        "100 % – ½ €",
        "👩‍👩‍👧 family",
    ],
)
def test_that_nothing_else_is_changed(text):
    assert mend_mojibake(text) == text
    assert not looks_like_mojibake(text)


@pytest.mark.parametrize("text", ["caf\ufffd", "锟斤拷锟斤拷"])
def test_that_what_is_lost_is_found_and_left(text):
    assert looks_like_mojibake(text)
    assert mend_mojibake(text) == text


@given(st.text())
def test_that_any_text_can_be_looked_at(text):
    mended = mend_mojibake(text)
    assert looks_like_mojibake(text) or mended == text
