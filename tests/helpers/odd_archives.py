"""Hostile and odd archives, made in code: each with what must become of every member."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.importing.ledger import Reason
from tests.helpers.odd_images import FLAWS, LOOKS, Look

USED = None
"""Is given out, and reads as ``CONTENT``."""
CONTENT = b"twelve bytes"
Fates = Mapping[str, Reason | None]


def info(name: str, **facts: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system = 3
    for fact, value in facts.items():
        setattr(made, fact, value)
    return made


def zipped(*members: zipfile.ZipInfo | str, content: bytes = CONTENT, packing: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for member in members:
            archive.writestr(member, content)
    return buffer.getvalue()


def unix(mode: int) -> dict[str, int]:
    return {"external_attr": (mode | 0o644) << 16}


def renamed(archive: bytes, old: bytes, new: bytes) -> bytes:
    """Write another name of the same length into headers, whatever bytes it has."""
    assert len(old) == len(new)
    assert old in archive
    return archive.replace(old, new)


def patched_directory(archive: bytes, offset: int, value: bytes) -> bytes:
    """Change a field of the first entry in a ZIP's list of files (APPNOTE 4.3.12)."""
    place = archive.index(b"PK\1\2") + offset
    return archive[:place] + value + archive[place + len(value) :]


def overlapping() -> bytes:
    """Make a ZIP of five names for the same data, as the bombs of Fifield (2019) are."""
    one = zipped("a.jpg", content=bytes(range(256)) * 8)
    start, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entry = one[start:end]
    entries = b"".join(entry.replace(b"a.jpg", f"{n}.jpg".encode()) for n in "abcde")
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 5, 5, len(entries), start, 0)
    return one[:start] + entries + tail


def tarred(*members: tarfile.TarInfo | str, content: bytes = CONTENT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            one = tarfile.TarInfo(member) if isinstance(member, str) else member
            if one.isreg():
                one.size = len(content)
                archive.addfile(one, io.BytesIO(content))
            else:
                archive.addfile(one)
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


def with_header(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    """Make a tar header with any size field; its checksum is right."""
    header = bytearray(512)
    header[: len(name)] = name
    header[100:108] = b"0000644\0"
    header[124 : 124 + len(size)] = size
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    header[148:156] = b" " * 8
    header[148:155] = b"%06o\0" % sum(header)
    return bytes(header)


_TAR = tarred("a.jpg", "b.jpg")
_NEGATIVE = b"\xff" * 11 + b"\x00"

ZIPS: dict[str, tuple[bytes, Fates | None]] = {
    "plain": (zipped("a.jpg", "b/c.jpg"), {"a.jpg": USED, "b/c.jpg": USED}),
    "empty": (zipped(), {}),
    "deflated": (zipped("a.jpg", packing=zipfile.ZIP_DEFLATED), {"a.jpg": USED}),
    "folders": (zipped("b/", "b/c.jpg", content=b""), {"b/c.jpg": Reason.EMPTY}),
    "absolute": (zipped("/etc/a.jpg"), {"/etc/a.jpg": Reason.UNSAFE_PATH}),
    "upwards": (zipped("../../a.jpg"), {"../../a.jpg": Reason.UNSAFE_PATH}),
    "upwards-in-the-middle": (zipped("a/../../b.jpg"), {"a/../../b.jpg": Reason.UNSAFE_PATH}),
    "drive": (zipped("C:/a.jpg"), {"C:/a.jpg": Reason.UNSAFE_PATH}),
    "upwards-with-backslashes": (zipped("..\\a.jpg"), {"..\\a.jpg": Reason.UNSAFE_PATH}),
    "network": (zipped("\\\\host\\a.jpg"), {"\\\\host\\a.jpg": Reason.UNSAFE_PATH}),
    "backslashes": (zipped("cats\\a.jpg"), {"cats/a.jpg": USED}),
    "dot-in-front": (zipped("./a.jpg"), {"a.jpg": USED}),
    "nothing-but-dots": (zipped(".."), {"..": Reason.UNSAFE_PATH}),
    "nul": (
        renamed(zipped("a.jpg0"), b"a.jpg0", b"a.jpg\0"),
        {"a.jpg%00": Reason.UNSAFE_PATH},
    ),
    "link": (zipped(info("a.jpg", **unix(stat.S_IFLNK))), {"a.jpg": Reason.LINK}),
    "device": (zipped(info("a.jpg", **unix(stat.S_IFCHR))), {"a.jpg": Reason.SPECIAL_FILE}),
    "pipe": (zipped(info("a.jpg", **unix(stat.S_IFIFO))), {"a.jpg": Reason.SPECIAL_FILE}),
    "locked": (patched_directory(zipped("a.jpg"), 8, b"\1\0"), {"a.jpg": Reason.LOCKED}),
    "bzip2": (zipped("a.jpg", packing=zipfile.ZIP_BZIP2), {"a.jpg": Reason.UNREADABLE}),
    "lzma": (zipped("a.jpg", packing=zipfile.ZIP_LZMA), {"a.jpg": Reason.UNREADABLE}),
    "unknown-packing": (
        patched_directory(zipped("a.jpg"), 10, b"\x63\0"),
        {"a.jpg": Reason.UNREADABLE},
    ),
    "bomb": (
        zipped("a.txt", content=bytes(5_000_000), packing=zipfile.ZIP_DEFLATED),
        {"a.txt": Reason.TOO_LARGE},
    ),
    "overlapping": (
        overlapping(),
        {"a.jpg": USED, **{f"{n}.jpg": Reason.DAMAGED for n in "bcde"}},
    ),
    "longer-than-the-archive": (
        patched_directory(zipped("a.jpg", "b.jpg"), 20, struct.pack("<LL", 2**31, 2**31)),
        {"a.jpg": Reason.TRUNCATED, "b.jpg": USED},
    ),
    "hidden": (
        zipped("__MACOSX/._a.jpg", "a/._b.jpg", "Thumbs.db", "a/DESKTOP.INI", ".git/x", "a.jpg"),
        {
            "__MACOSX/._a.jpg": Reason.HIDDEN,
            "a/._b.jpg": Reason.HIDDEN,
            "Thumbs.db": Reason.HIDDEN,
            "a/DESKTOP.INI": Reason.HIDDEN,
            ".git/x": Reason.HIDDEN,
            "a.jpg": USED,
        },
    ),
    "nested": (zipped("a/" * 70 + "b.jpg"), {"a/" * 70 + "b.jpg": Reason.TOO_LARGE}),
    "chinese": (zipped("猫/一只 猫.jpg", "🐱.jpg"), {"猫/一只 猫.jpg": USED, "🐱.jpg": USED}),
    "utf-8-unmarked": (
        renamed(zipped("12345.jpg"), b"12345.jpg", "é猫.jpg".encode()),
        {"é猫.jpg": USED},
    ),
    "gbk": (
        renamed(zipped("123456.jpg"), b"123456.jpg", "红苹果.jpg".encode("gbk")),
        {"红苹果.jpg": USED},
    ),
    "shift-jis": (
        renamed(zipped("123456.jpg"), b"123456.jpg", "ねこ犬.jpg".encode("cp932")),
        {"ねこ犬.jpg": USED},
    ),
    "big5": (
        renamed(zipped("123456.jpg"), b"123456.jpg", "紅蘋果.jpg".encode("big5")),
        {"紅蘋果.jpg": USED},
    ),
    "cp437": (
        renamed(zipped("caf1.jpg"), b"caf1.jpg", "café.jpg".encode("cp437")),
        {"café.jpg": USED},
    ),
    "not-a-zip": (b"This is no archive.", None),
    "nothing-at-all": (b"", None),
    "cut": (zipped("a.jpg", "b.jpg")[:-30], None),
    "damaged-list": (zipped("a.jpg").replace(b"PK\1\2", b"PK\7\7"), None),
    "list-beyond-the-end": (
        zipped("a.jpg")[:-10] + struct.pack("<LLH", 2**31, 2**31, 0),
        None,
    ),
}

TARS: dict[str, tuple[bytes, Fates | None]] = {
    "plain": (_TAR, {"a.jpg": USED, "b.jpg": USED}),
    "gz": (gzip.compress(_TAR), {"a.jpg": USED, "b.jpg": USED}),
    "bz2": (bz2.compress(_TAR), {"a.jpg": USED, "b.jpg": USED}),
    "xz": (lzma.compress(_TAR), {"a.jpg": USED, "b.jpg": USED}),
    "xz-in-two-streams": (
        lzma.compress(_TAR[:700]) + bytes(4) + lzma.compress(_TAR[700:]),
        {"a.jpg": USED, "b.jpg": USED},
    ),
    "absolute": (tarred("/a.jpg"), {"/a.jpg": Reason.UNSAFE_PATH}),
    "upwards": (tarred("../a.jpg"), {"../a.jpg": Reason.UNSAFE_PATH}),
    "dot-in-front": (tarred("./a.jpg"), {"a.jpg": USED}),
    "symbolic-link": (
        tarred(special("a.jpg", tarfile.SYMTYPE, "/etc/passwd")),
        {"a.jpg": Reason.LINK},
    ),
    "hard-link": (tarred(special("a.jpg", tarfile.LNKTYPE, "b.jpg")), {"a.jpg": Reason.LINK}),
    "device": (tarred(special("a.jpg", tarfile.BLKTYPE)), {"a.jpg": Reason.SPECIAL_FILE}),
    "pipe": (tarred(special("a.jpg", tarfile.FIFOTYPE)), {"a.jpg": Reason.SPECIAL_FILE}),
    "unknown-kind": (
        with_header(b"a.jpg", b"0000000\0", b"Z") + bytes(1024),
        {"a.jpg": Reason.SPECIAL_FILE},
    ),
    "folder": (tarred(special("b", tarfile.DIRTYPE), "b/c.jpg"), {"b/c.jpg": USED}),
    "long-name": (tarred("a" * 300 + ".jpg"), {"a" * 300 + ".jpg": USED}),
    "chinese": (tarred("猫/🐱 1.jpg"), {"猫/🐱 1.jpg": USED}),
    "gbk": (
        with_header("红苹果.jpg".encode("gbk"), b"00000000014\0") + CONTENT + bytes(500 + 1024),
        {"红苹果.jpg": USED},
    ),
    "no-encoding-at-all": (
        with_header(b"\xff\xfe\xff.jpg", b"00000000014\0") + CONTENT + bytes(500 + 1024),
        {"%FF%FE%FF.jpg": USED},
    ),
    "cut": (_TAR[: 3 * 512 + 5], {"a.jpg": USED, "b.jpg": Reason.TRUNCATED}),
    "without-an-end": (_TAR[: 4 * 512], {"a.jpg": USED, "b.jpg": USED}),
    "claims-more-than-there-is": (
        with_header(b"a.jpg", b"77777777777\0") + CONTENT,
        {"a.jpg": Reason.TRUNCATED},
    ),
    "negative-size": (with_header(b"a.jpg", _NEGATIVE) + bytes(1024), None),
    "negative-header": (with_header(b"a.jpg", _NEGATIVE, b"x") + bytes(1024), None),
    "endless-header": (with_header(b"a.jpg", b"77777777777\0", b"x") + bytes(1 << 20), None),
    "damaged-in-the-middle": (_TAR[:1024] + b"x" * 512 + _TAR[1536:], None),
    "not-a-tar": (b"This is no archive." * 100, None),
    "nothing-at-all": (b"", None),
    "gz-cut": (gzip.compress(_TAR)[:-20], None),
    "bz2-cut": (bz2.compress(_TAR)[:-20], None),
    "xz-cut": (lzma.compress(_TAR)[:-20], None),
    "gz-damaged": (gzip.compress(_TAR)[:15] + b"junk" * 9, None),
    "xz-that-wants-too-much-memory": (
        lzma.compress(_TAR, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]),
        None,
    ),
}


def duplicates(make: Callable[..., bytes]) -> tuple[bytes, Fates]:
    """Make an archive that holds one name three times."""
    fates = {"a.jpg#1": Reason.DAMAGED, "a.jpg#2": Reason.DAMAGED, "a.jpg": USED}
    return make("a.jpg", "a.jpg", "a.jpg"), fates


TARS["duplicates"] = duplicates(tarred)


# All odd picture files in one table, as an untrusted folder would hold them.


ODD_FILES: dict[str, tuple[bytes, Reason | Look]] = {**LOOKS, **FLAWS}
"""Name -> (content, why it is refused or how it must look)."""


def write_odd_files(folder: Path) -> int:
    """Write them all into a folder, and tell how many there are."""
    for name, (content, _expected) in ODD_FILES.items():
        (folder / name).write_bytes(content)
    return len(ODD_FILES)
