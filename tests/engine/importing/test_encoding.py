import codecs
import os
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EntryError
from engine.importing.encoding import (
    ENCODINGS,
    clean_text,
    decode_text,
    detect_encoding,
    looks_like_mojibake,
    repair_mojibake,
)
from engine.importing.ledger import Reason

EXAMPLES = int(os.environ.get("DIPTYCH_FUZZ_EXAMPLES", "200"))

SIMPLIFIED = [
    "红色的猫",
    "一只狗在草地上",
    "苹果",
    "城市夜景",
    "笑脸",
    "可爱的小猫坐在椅子上",
    "雪山",
    "汽车",
    "你好，世界",
    "蓝天白云",
]
TRADITIONAL = [
    "紅色的貓",
    "一隻狗在草地上",
    "蘋果",
    "城市夜景",
    "笑臉",
    "可愛的小貓坐在椅子上",
    "雪山",
    "汽車",
    "你好，世界",
    "藍天白雲",
]
JAPANESE = [
    "赤い猫",
    "犬が草の上にいる",
    "りんご",
    "夜の街",
    "笑顔",
    "かわいい子猫",
    "自動車",
    "空",
]
KOREAN = ["빨간 고양이", "풀밭 위의 개", "사과", "도시의 밤", "웃는 얼굴", "자동차", "파란 하늘"]
WESTERN = [
    "un café",
    "crème brûlée",
    "Mädchen",
    "naïve art",
    "El Niño",
    "it’s a dog",
    "a “red” car",
    "über den Wolken",
    "façade",
    "forêt enneigée",
    "Ångström, déjà vu",
]
RUSSIAN = ["красная кошка", "собака на траве", "яблоко", "Ночной город", "улыбка"]
TABLE = {
    "utf-8": [*SIMPLIFIED, *JAPANESE, *KOREAN, *WESTERN, *RUSSIAN, "🙂", "قطة", "Γάτα", "é"],
    "gb18030": SIMPLIFIED,
    "big5hkscs": TRADITIONAL,
    "cp932": JAPANESE,
    "cp949": KOREAN,
    "cp1252": WESTERN,
    "cp1251": RUSSIAN,
}
SINGLES = [(encoding, phrase) for encoding, phrases in TABLE.items() for phrase in phrases]
MORE = {
    "euc_jp": JAPANESE,
    "koi8_r": RUSSIAN,
    "cp1250": ["žlutý kůň", "łąka", "czerwony kot siedzi na krześle", "příliš", "kočka"],
    "cp1253": ["κόκκινη γάτα κάθεται στην καρέκλα", "σκύλος στο γρασίδι"],
    "cp1255": ["חתול אדום יושב על הכיסא", "כלב על הדשא ליד הבית"],
    "cp1256": ["قطة حمراء تجلس على الكرسي", "كلب على العشب"],
    "cp874": ["แมวสีแดงนั่งอยู่บนเก้าอี้", "สุนัขบนสนามหญ้า"],
}


@pytest.mark.parametrize(("encoding", "phrase"), SINGLES)
def test_that_a_short_caption_is_read_by_itself(encoding, phrase):
    found = decode_text(phrase.encode(encoding))
    assert found.text == phrase
    assert found.confidence > 0.4


@pytest.mark.parametrize(("encoding", "phrases"), (TABLE | MORE).items())
def test_that_the_encoding_of_a_source_is_found(encoding, phrases):
    samples = [phrase.encode(encoding) for phrase in phrases]
    assert detect_encoding(samples) == encoding
    table = b"\n".join(samples) + b"\n"
    assert detect_encoding([table]) == encoding


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "cp932", "cp949", "cp1252"])
def test_that_three_captions_suffice(encoding):
    phrases = TABLE[encoding]
    for start in range(len(phrases) - 2):
        samples = [phrase.encode(encoding) for phrase in phrases[start : start + 3]]
        assert detect_encoding(samples) == encoding


FRENCH = [
    "un café crème à côté d’une fenêtre",
    "une forêt brûlée",
    "trois garçons près du château",
    "une île où l’été ne finit pas",
]
ITALIAN = ["una città di notte", "un caffè caldo", "la libertà dipinta", "perché è estate"]
TURKISH = ["küçük bir kız", "kırmızı ağaç", "yaşlı bir balıkçı", "İstanbul’da yağmur"]
TURKISH_LABELS = ["Şu anki", "Avusturya İngilizcesi", "sağlama"]
TURKISH_THORN = ["Boş değil"]
ICELANDIC = ["það er brauð með smjöri", "þar sem þau búa", "við ána"]
CZECH_CARONS = ["frísky", "dánsky", "Rozšíření pro PostgreSQL"]
CZECH_DOCTOR = [
    "Babička loupe cibuli po představení",
    "Lékařka prohlíží rentgenový snímek na dálnici číslo 5",
    "Kdo uvařil svíčkovou? v půl deváté ráno",
]
UKRAINIAN_LABELS = ["Введіть ціле число.", "робочий фактор", "Субота"]
UKRAINIAN_LOGIN = ["Так, я впевнений", "Киргизька", "Пароль встановлено. Ви можете увійти зараз."]
POLISH = ["biały koń nad rzeką", "czerwona łódź", "na łące pod śniegiem", "źrebak i kot"]


@pytest.mark.parametrize(
    ("encoding", "phrases"),
    [
        ("cp1252", FRENCH),
        ("cp1252", ITALIAN),
        ("cp1254", TURKISH),
        ("cp1254", TURKISH_LABELS),
        ("cp1254", TURKISH_THORN),
        ("cp1252", ICELANDIC),
        ("iso8859_2", CZECH_CARONS),
        ("iso8859_2", CZECH_DOCTOR),
        ("koi8_u", UKRAINIAN_LABELS),
        ("koi8_u", UKRAINIAN_LOGIN),
        ("iso8859_2", POLISH),
        ("cp1250", POLISH),
        ("cp866", RUSSIAN),
        ("mac_roman", FRENCH),
    ],
)
def test_that_siblings_of_an_encoding_are_told_apart(encoding, phrases):
    contents = [phrase.encode(encoding) for phrase in phrases]
    found = detect_encoding(contents)
    assert [decode_text(content, found).text for content in contents] == phrases


@pytest.mark.parametrize("count", [3, 10, 40])
def test_that_a_file_of_another_encoding_leaves_the_others_right_and_is_read_itself(count):
    others = {"cp1252": FRENCH, "gb18030": SIMPLIFIED, "cp1251": RUSSIAN, "cp932": JAPANESE}
    for encoding, phrases in (("cp1252", FRENCH), ("cp1250", POLISH), ("gb18030", SIMPLIFIED)):
        texts = [phrases[number % len(phrases)] for number in range(count)]
        contents = [text.encode(encoding) for text in texts]
        for other, (odd, *_more) in others.items():
            if other == encoding or (encoding, other) == ("cp1250", "cp1252"):
                continue
            found = detect_encoding([*contents, odd.encode(other)])
            assert [decode_text(content, found).text for content in contents] == texts
            if (encoding, other) in {("cp1252", "gb18030"), ("cp1252", "cp1251")}:
                assert decode_text(odd.encode(other), found).text == odd


def test_that_windows_letters_are_no_control_characters_of_iso():
    for phrase in ("krześle", "košile", "žena"):
        assert not any("\x80" <= c <= "\x9f" for c in decode_text(phrase.encode("cp1250")).text)


def test_that_captions_that_pass_for_another_encoding_are_read_as_their_source():
    # 一个 reads as one Hangul syllable after another, 雪山 in GBK even as UTF-8.
    for word in ("困惑", "雪山", "嘿嘿", "蝙蝠", "猫"):
        assert decode_text(word.encode("gbk"), "gb18030").text == word


def test_that_utf8_among_gbk_is_read_as_utf8():
    for phrase in SIMPLIFIED:
        assert decode_text(phrase.encode(), "gb18030").text == phrase


def test_that_what_is_no_text_in_the_stated_encoding_is_read_otherwise():
    found = decode_text("可爱的小猫坐在椅子上".encode("gbk"), "utf-8")
    assert (found.text, found.encoding) == ("可爱的小猫坐在椅子上", "gb18030")


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le"]
)
@pytest.mark.parametrize("phrase", ["a red cat", "cat 🙂, 猫", "ab"])
def test_that_unicode_is_read_with_and_without_a_mark(encoding, phrase):
    assert decode_text(phrase.encode(encoding)).text == phrase


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")],
)
def test_that_a_mark_outweighs_what_is_stated(mark, encoding):
    content = mark + "红色".encode(encoding)
    assert decode_text(content, "gb18030").text == "红色"
    assert detect_encoding([b"x", content]) in ("utf-16", "utf-32")


def test_that_one_marked_file_does_not_decide_for_the_others():
    samples = [codecs.BOM_UTF16_LE + "红色".encode("utf-16-le")]
    samples += [phrase.encode("gb18030") for phrase in SIMPLIFIED]
    assert detect_encoding(samples) == "gb18030"


def test_that_the_end_of_a_long_sample_may_be_cut():
    table = "\n".join(SIMPLIFIED * 40)
    for cut in range(1, 6):
        assert detect_encoding([table.encode()[:-cut]]) == "utf-8"
        assert detect_encoding([table.encode("gb18030")[:-cut]]) == "gb18030"
    assert detect_encoding(["红".encode()[:2] * 1, ("红" * 700).encode()[:-1]]) == "utf-8"


def test_that_one_broken_line_leaves_a_table_what_it_is():
    lines = [phrase.encode() for phrase in SIMPLIFIED * 10]
    lines[50] = b"caf\xe9"
    assert detect_encoding([b"\n".join(lines)]) == "utf-8"


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 10,
        b"a\0b",
        bytes(range(256)),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0",
        codecs.BOM_UTF16_LE + b"\x00\xd8",
        codecs.BOM_UTF8 + b"\xff",
        b"\x01\x02\x03\x04",
    ],
)
def test_that_what_is_no_text_is_refused_with_its_reason(content):
    with pytest.raises(EntryError) as caught:
        decode_text(content)
    assert caught.value.reason == Reason.BAD_ENCODING
    assert caught.value.detail


@pytest.mark.parametrize("encoding", ["zlib", "hex", "rot13", "no such", "a\0b", "unicode_escape"])
def test_that_a_name_that_is_no_encoding_of_texts_is_not_heeded(encoding):
    assert decode_text("été".encode(), encoding).text == "été"


def test_that_text_is_composed_and_cleaned():
    assert decode_text(b"e\xcc\x81te\xcc\x81\r\ntwo\rthree").text == "été\ntwo\nthree"
    assert clean_text("a\0b\ud800c\ufeffd\u202ee\x0bf") == "abcde f"
    assert clean_text("👩‍👩‍👧") == "👩‍👩‍👧"


def test_that_nothing_speaks_against_utf8_where_there_is_nothing():
    assert detect_encoding([]) == detect_encoding([b"", b"plain"]) == "utf-8"
    assert decode_text(b"").text == ""


def test_that_every_encoding_on_offer_decodes():
    for encoding in ENCODINGS:
        assert decode_text("ab".encode(encoding), encoding).text == "ab"


def is_clean(text):
    kinds = {unicodedata.category(c) for c in text if c not in "\n\t" and not "\x80" <= c <= "\x9f"}
    return not kinds & {"Cc", "Cs"} and unicodedata.is_normalized("NFC", text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", *ENCODINGS, "nonsense", "zlib"]))
def test_that_any_bytes_are_read_or_refused(content, encoding):
    try:
        found = decode_text(content, encoding)
    except EntryError as error:
        if error.reason != Reason.BAD_ENCODING:
            raise
    else:
        assert is_clean(found.text)
        assert 0 <= found.confidence <= 1


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=6))
def test_that_any_samples_have_an_encoding_that_python_knows(samples):
    assert codecs.lookup(detect_encoding(samples))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=6))
def test_that_utf8_comes_back_whole_when_stated(text):
    assert decode_text(text.encode(), "utf-8").text == unicodedata.normalize("NFC", text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text())
def test_that_cleaning_twice_changes_nothing_more(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert is_clean(clean_text(text))


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
    assert repair_mojibake(clean_text(misread)) == meant


@pytest.mark.parametrize("meant", CHINESE)
def test_that_chinese_is_mended(meant):
    assert repair_mojibake(meant.encode().decode("latin-1")) == meant
    misread = meant.encode().decode("gb18030", "ignore")
    if misread.encode("gb18030") == meant.encode():
        assert repair_mojibake(misread) == meant
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
    assert repair_mojibake(text) == text
    assert not looks_like_mojibake(text)


@pytest.mark.parametrize("text", ["caf\ufffd", "锟斤拷锟斤拷"])
def test_that_what_is_lost_is_found_and_left(text):
    assert looks_like_mojibake(text)
    assert repair_mojibake(text) == text


@given(st.text())
def test_that_any_text_can_be_looked_at(text):
    mended = repair_mojibake(text)
    assert looks_like_mojibake(text) or mended == text
