"""Metadata of the example datasets, which ``engine.starters`` builds.

Imports the standard library only, for a fast start of the studio.
"""

from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = ("look", "listen", "learn", "drive", "care")
"""Groups of the welcome page, in its order."""
NOT_FOR_DIAGNOSIS = "made from a table, not for diagnosis"
PAIR: Mapping[str, str] = {"image": "image", "text": "text"}


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Metadata of an example dataset, known before it is built."""

    name: str
    title: str
    summary: str
    """One sentence: what it holds, and what one would do with it."""
    group: str
    """One of ``GROUPS``."""
    items: int
    held_out: int
    """Number of items in the validation split."""
    columns: Mapping[str, str]
    """Kind by column name: image, text, audio or table."""
    image_size: int = 0
    """Longer side of the images in pixels; 0 if there are none."""
    channels: int = 3
    licence: str
    notice: str = ""
    """What has to be said wherever items, or samples of a model of them, are shown; usually
    nothing."""
    recipe: int
    """Version of the build; increase it when the items change, and older builds are replaced."""

    @property
    def source(self) -> str:
        """Source in the manifest of a build; distinguishes it from a user's dataset."""
        return f"starter {self.name}, recipe {self.recipe}"


STARTERS: Mapping[str, Starter] = {
    starter.name: starter
    for starter in (
        Starter(
            name="digits",
            title="Digits",
            summary="70,000 handwritten digits, each with its English word",
            group="learn",
            items=70_000,
            held_out=10_000,
            columns=PAIR,
            image_size=32,
            channels=1,
            licence="MNIST, Yann LeCun and Corinna Cortes, CC BY-SA 3.0",
            recipe=1,
        ),
        Starter(
            name="emoji",
            title="Emoji",
            summary="1,906 colourful emoji, each with its name",
            group="look",
            items=1_906,
            held_out=96,
            columns=PAIR,
            image_size=64,
            channels=3,
            licence="Noto Emoji, Google, Apache-2.0; names from Unicode CLDR, Unicode-3.0",
            recipe=1,
        ),
        Starter(
            name="shapes",
            title="Shapes",
            summary="20,000 simple shapes with captions that say everything about them",
            group="look",
            items=20_000,
            held_out=2_000,
            columns=PAIR,
            image_size=32,
            channels=3,
            licence="Rendered by Diptych, CC0-1.0",
            recipe=1,
        ),
        Starter(
            name="spoken-digits",
            title="Spoken digits",
            summary="Handwritten digits with their word and its sound: type a word and hear it, "
            "or draw what a voice says",
            group="learn",
            items=70_000,
            held_out=10_000,
            columns={"image": "image", "text": "text", "speech": "audio"},
            image_size=32,
            channels=1,
            licence="Digits: MNIST, Yann LeCun and Corinna Cortes, CC BY-SA 3.0; speech: "
            "synthesised for Diptych with espeak-ng, CC0-1.0",
            recipe=1,
        ),
        Starter(
            name="beats",
            title="Beats",
            summary="Two seconds of drums with words, a step grid and a row of tempo and hits: "
            "ask for a beat in words, or turn a loop into its grid",
            group="listen",
            items=4_000,
            held_out=400,
            columns={"image": "image", "text": "text", "sound": "audio", "row": "table"},
            image_size=32,
            channels=3,
            licence="Hits: Freesound recordings from Sonic Pi, CC0-1.0; beats: Diptych, CC0-1.0",
            recipe=1,
        ),
        Starter(
            name="notes",
            title="Notes",
            summary="Notes on a staff with their name, sound, pitch and instrument: practise "
            "reading by ear, or write down what is played",
            group="learn",
            items=10_000,
            held_out=1_000,
            columns={"image": "image", "text": "text", "sound": "audio", "row": "table"},
            image_size=32,
            channels=3,
            licence="Drawn and synthesised by Diptych, CC0-1.0",
            recipe=1,
        ),
        Starter(
            name="road-scenes",
            title="Road scenes",
            summary="Views from a car with a sentence, the sound on board and a row of weather, "
            "steering and distance: draw the rare case that a row describes, or fill in the row of "
            "a picture",
            group="drive",
            items=20_000,
            held_out=2_000,
            columns={"image": "image", "text": "text", "sound": "audio", "row": "table"},
            image_size=32,
            channels=3,
            licence="Drawn and synthesised by Diptych, CC0-1.0",
            recipe=1,
        ),
        Starter(
            name="cell-cases",
            title="Cell cases",
            summary="Ten measurements of cell nuclei with diagnosis, report and drawing: make up "
            f"cases for teaching that belong to no patient ({NOT_FOR_DIAGNOSIS})",
            group="care",
            items=11_380,
            held_out=2_260,
            columns={"image": "image", "text": "text", "measurements": "table"},
            image_size=32,
            channels=3,
            licence="Measurements: Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. "
            "Mangasarian, N. Street and W. Street, 1995, doi:10.24432/C5DW2B, CC BY 4.0; drawings "
            f"and reports: Diptych, CC0-1.0, {NOT_FOR_DIAGNOSIS}",
            notice=NOT_FOR_DIAGNOSIS.capitalize(),
            recipe=2,
        ),
        Starter(
            name="ring",
            title="Ring",
            summary="Points of eight clusters on a circle, each with a colour word: watch in "
            "seconds whether a model finds all of them",
            group="learn",
            items=20_000,
            held_out=2_000,
            columns={"text": "text", "point": "table"},
            channels=1,
            licence="Computed by Diptych, CC0-1.0",
            recipe=1,
        ),
    )
}
