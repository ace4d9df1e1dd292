"""What kind of audio file some bytes are, and why they cannot be read: the header tells."""

import re
import struct
from enum import StrEnum

from engine.errors import EntryError


class AudioErrorKind(StrEnum):
    """Why a file cannot be decoded."""

    EMPTY = "empty"
    NOT_AUDIO = "not_audio"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


class AudioFormat(StrEnum):
    """A format that can be read."""

    WAV = "WAV"
    FLAC = "FLAC"
    MP3 = "MP3"
    VORBIS = "Ogg Vorbis"


AUDIO_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".oga")
"""Of the files that an import takes for audio."""

# The Ogg page that starts a stream has one segment: the codec's first packet follows 28 bytes.
_OGG_START = rb"OggS\0[\x02\x06].{21}"
_FORMATS = {
    rb"RI(FF|FX)....WAVE|RF64....WAVE": AudioFormat.WAV,
    rb"fLaC": AudioFormat.FLAC,
    _OGG_START + rb".\x01vorbis": AudioFormat.VORBIS,
    # Tags, or a frame of layer III of any version whose bit rate is not the reserved one.
    rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x00-\xef]": AudioFormat.MP3,
}
_UNSUPPORTED = {
    _OGG_START + rb".OpusHead": "an Opus file; convert it to Ogg Vorbis or FLAC",
    _OGG_START + rb".\x7fFLAC": "FLAC in an Ogg file; convert it to a .flac file",
    rb"OggS": "an Ogg file of a kind that is not read",
    rb"FORM....AIF[FC]": "an AIFF file; convert it to WAV",
    rb"....ftyp": "an MPEG-4 file (AAC or ALAC); convert it to MP3 or FLAC",
    rb"\xff[\xf0\xf1\xf8\xf9]": "an AAC file; convert it to MP3 or FLAC",
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "a Windows Media file; convert it to MP3 or FLAC",
    rb"MThd": "a MIDI file: it holds notes, not sound",
    rb"#!AMR": "an AMR recording; convert it to WAV",
    rb"\.snd": "a Sun audio file; convert it to WAV",
    rb"\x1a\x45\xdf\xa3": "a Matroska or WebM file; convert it to Ogg Vorbis or FLAC",
    rb"caff": "a Core Audio file; convert it to WAV",
    rb"wvpk": "a WavPack file; convert it to FLAC",
    rb"MAC ": "a Monkey's Audio file; convert it to FLAC",
}
_HEAD_BYTES = 64


def identify_format(content: bytes) -> AudioFormat:
    """Return the format of a file by its first bytes.

    Raises:
        EntryError: it is of no format that can be read; ``AudioErrorKind`` is the reason.
    """
    if not content:
        raise EntryError("", AudioErrorKind.EMPTY, "it is empty")
    head = content[:_HEAD_BYTES]
    for pattern, audio_format in _FORMATS.items():
        if re.match(pattern, head, re.DOTALL):
            return audio_format
    for pattern, kind in _UNSUPPORTED.items():
        if re.match(pattern, head, re.DOTALL):
            raise EntryError("", AudioErrorKind.UNSUPPORTED, f"it is {kind}")
    raise EntryError("", AudioErrorKind.NOT_AUDIO, "it is no sound of a kind that can be read")


def is_audio(head: bytes) -> bool:
    """Whether a file's first bytes are those of a format that can be read."""
    return any(re.match(pattern, head[:_HEAD_BYTES], re.DOTALL) for pattern in _FORMATS)


_CHUNK = {b"RIFF": struct.Struct("<4sI"), b"RIFX": struct.Struct(">4sI")}
_STREAMED_BYTES = 0x7FFF_0000
"""Programs that write to a pipe declare the largest length possible, or nearly."""


def missing_wav_bytes(content: bytes) -> int:
    """Return how many bytes a WAV file declares beyond its end; 0 if it was written to a pipe.

    Files of more than 4 GB (RF64) declare their lengths elsewhere and count as whole.
    """
    chunk = _CHUNK.get(content[:4])
    place = len(b"RIFF....WAVE")
    while chunk is not None and place + chunk.size <= len(content):
        name, length = chunk.unpack_from(content, place)
        place += chunk.size
        if name == b"data":
            return max(place + length - len(content), 0) if length < _STREAMED_BYTES else 0
        # Chunks start at even places.
        place += length + length % 2
    return 0


_MAX_HEADER_BYTES = 16 << 20
"""Of the comments of an Ogg Vorbis file, which may hold a picture of the cover."""
_PAGE_HEADER = struct.Struct("<4sBBqIIIB")
_UINT32 = struct.Struct("<I")


def check_vorbis_comments(content: bytes) -> None:
    """Check the lengths in the comment header of an Ogg Vorbis file.

    The decoder allocates and writes what they say without looking (stb_vorbis, CVE-2023-45675 to
    CVE-2023-45681). Source: Vorbis I specification, section 5.2.1.

    Raises:
        EntryError: they do not fit into the packet; ``AudioErrorKind`` is the reason.
    """
    packet = _second_packet(content)
    if not packet.startswith(b"\x03vorbis"):
        raise EntryError("", AudioErrorKind.DAMAGED, "its comment header is missing")
    place = _skip_field(packet, len(b"\x03vorbis"))
    count = _read_length(packet, place)
    place += _UINT32.size
    # Each comment takes four bytes at least, so this bounds the loop, too.
    if count > (len(packet) - place) // _UINT32.size:
        raise EntryError("", AudioErrorKind.DAMAGED, f"it declares {count:,} comments")
    for _number in range(count):
        place = _skip_field(packet, place)


def _read_length(packet: bytes, place: int) -> int:
    if place + _UINT32.size > len(packet):
        raise EntryError("", AudioErrorKind.TRUNCATED, "its comment header ends early")
    return _UINT32.unpack_from(packet, place)[0]


def _skip_field(packet: bytes, place: int) -> int:
    """Return the place behind a field that starts with its length."""
    length = _read_length(packet, place)
    place += _UINT32.size + length
    if place > len(packet):
        detail = f"a field of its comment header has {length:,} bytes"
        raise EntryError("", AudioErrorKind.DAMAGED, detail)
    return place


def _second_packet(content: bytes) -> bytes:
    """Return the second packet of an Ogg stream, gathered from its pages.

    Source: RFC 3533, section 6. A segment shorter than 255 bytes ends a packet.
    """
    place, number, packet = 0, 0, bytearray()
    while place + _PAGE_HEADER.size <= len(content) and len(packet) <= _MAX_HEADER_BYTES:
        *_fields, segments = _PAGE_HEADER.unpack_from(content, place)
        lengths = content[place + _PAGE_HEADER.size :][:segments]
        place += _PAGE_HEADER.size + segments
        for length in lengths:
            if number == 1:
                packet += content[place : place + length]
            place += length
            if length < 255:
                number += 1
            if number == 2:
                return bytes(packet)
    raise EntryError("", AudioErrorKind.TRUNCATED, "its comment header ends early")
