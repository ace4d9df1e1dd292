"""Cut the drum hits of the starter *Beats* from the samples of Sonic Pi.

``apt-get download sonic-pi-samples`` and ``dpkg -x`` the package, then ``python
packaging/build_beats.py --package FOLDER``; needs ``miniaudio``. Writes ``hits.npz`` and
``LICENSE.txt`` in ``resources/starters/beats``. What ships was made from version 3.2.2~repack-8 of
Debian 12.

The package's copyright file has a stanza for each recording. A hit without a stanza that says CC0
is refused.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sound_preparation import fade_out, resample

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.starters.beats import HITS_FILE, RATE  # noqa: E402 (the path comes first)

TARGET = ROOT / "resources" / "starters" / "beats"
SAMPLES = Path("usr/share/sonic-pi/samples")
COPYRIGHT = Path("usr/share/doc/sonic-pi-samples/copyright")
HITS = {
    "kick": (
        "bd_808",
        "bd_ada",
        "bd_fat",
        "bd_gas",
        "bd_haus",
        "bd_klub",
        "bd_pure",
        "bd_tek",
        "bd_zum",
        "drum_heavy_kick",
    ),
    "snare": (
        "drum_snare_hard",
        "drum_snare_soft",
        "elec_hi_snare",
        "elec_mid_snare",
        "elec_snare",
        "sn_dolf",
        "sn_dub",
        "sn_zome",
    ),
    "hat": (
        "drum_cymbal_closed",
        "drum_cymbal_pedal",
        "drum_cymbal_soft",
        "elec_cymbal",
        "elec_tick",
    ),
}
LONGEST_S = {"kick": 0.3, "snare": 0.25, "hat": 0.12}
FADE_S = {"kick": 0.05, "snare": 0.05, "hat": 0.1}
PEAK = 0.9
ATTACK, LEAD_S = 0.3, 0.004
"""All hits reach this share of their peak at the same time, so that parts sound together."""

LICENCE_HEAD = """\
The beats are composed and mixed by Diptych and are dedicated to the public domain, CC0 1.0,
https://creativecommons.org/publicdomain/zero/1.0/

The hits in hits.npz are cut from recordings of Freesound, which are dedicated to the public domain,
CC0 1.0, and were collected by Sonic Pi (Debian package sonic-pi-samples 3.2.2~repack-8).
Changes: mono, 16 kHz, high-passed at 70 Hz, cut and faded out. The package's copyright file says of
each, here as name, copyright, source and licence:

"""


def main() -> None:
    """Cut and pack all hits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--package", type=Path, required=True, help="folder of the unpacked package"
    )
    package: Path = parser.parse_args().package
    stanzas = read_stanzas((package / COPYRIGHT).read_text(encoding="utf-8"))
    lines, arrays = [], {}
    for part, names in HITS.items():
        for number, name in enumerate(names):
            stanza = stanzas[name]
            if stanza["License"] != "CC0":
                raise SystemExit(f"{name} is not CC0 but {stanza['License']}")
            lines.append(f"{name}: {stanza['Copyright']}, {stanza['Source']}, {stanza['License']}")
            arrays[f"{part}_{number}"] = cut(package / SAMPLES / f"{name}.flac", part)
    TARGET.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET / HITS_FILE, **arrays)
    licence = LICENCE_HEAD + "\n".join(lines) + "\n"
    (TARGET / "LICENSE.txt").write_text(licence, encoding="utf-8")
    print(f"{len(arrays)} hits, {(TARGET / HITS_FILE).stat().st_size / 1e3:.0f} kB")


def read_stanzas(text: str) -> dict[str, dict[str, str]]:
    """Return copyright, source and licence by the name of each recording."""
    stanzas: dict[str, dict[str, str]] = {}
    for block in text.split("\n\n"):
        name = re.match(r"Files: etc/samples/(\w+)\.flac\n", block)
        if name:
            facts = re.findall(r"^(Copyright|Source|License): *(.+)$", block, re.MULTILINE)
            stanzas[name[1]] = dict(facts)
    return stanzas


def cut(path: Path, part: str) -> npt.NDArray[np.int16]:
    """Return the start of a recording: mono, at the starter's rate, with a peak of ``PEAK``."""
    import miniaudio

    decoded = miniaudio.decode_file(
        str(path), output_format=miniaudio.SampleFormat.FLOAT32, nchannels=1
    )
    sound = resample(np.asarray(decoded.samples), decoded.sample_rate, RATE)
    size = np.abs(sound)
    attack = int(np.argmax(size > ATTACK * size.max()))
    lead = int(LEAD_S * RATE)
    hit = sound[attack - lead : attack + int(LONGEST_S[part] * RATE)]
    hit[:lead] *= np.linspace(0, 1, lead)
    hit = fade_out(hit, RATE, FADE_S[part])
    return (hit * PEAK / np.abs(hit).max() * np.iinfo(np.int16).max).round().astype(np.int16)


if __name__ == "__main__":
    main()
