"""Metadata of the example datasets, which ``engine.data.starter_files`` builds.

Imports the standard library only, for a fast start of the studio.
"""

from dataclasses import dataclass

SHAPES_COUNT = 20_000


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Metadata of an example dataset, known before it is built."""

    name: str
    title: str
    summary: str
    pairs: int
    image_size: int
    channels: int
    licence: str
    recipe: int
    """Version of the build; increase it when the pairs change, and older builds are replaced."""

    @property
    def source(self) -> str:
        """Source in the manifest of a build; distinguishes it from a user's dataset."""
        return f"starter {self.name}, recipe {self.recipe}"


STARTERS = {
    starter.name: starter
    for starter in (
        Starter(
            name="digits",
            title="Digits",
            summary="70,000 handwritten digits, each with its English word",
            pairs=70_000,
            image_size=32,
            channels=1,
            licence="MNIST, Yann LeCun and Corinna Cortes, CC BY-SA 3.0",
            recipe=1,
        ),
        Starter(
            name="emoji",
            title="Emoji",
            summary="1,906 colourful emoji, each with its name",
            pairs=1_906,
            image_size=64,
            channels=3,
            licence="Noto Emoji, Google, Apache-2.0; names from Unicode CLDR, Unicode-3.0",
            recipe=1,
        ),
        Starter(
            name="shapes",
            title="Shapes",
            summary="20,000 simple shapes with captions that say everything about them",
            pairs=SHAPES_COUNT,
            image_size=32,
            channels=3,
            licence="Rendered by Diptych, CC0-1.0",
            recipe=1,
        ),
    )
}
