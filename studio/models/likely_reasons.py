"""Why no pair was found, in the user's words: always the three likeliest reasons."""

from collections.abc import Sequence

from PySide6.QtCore import QObject

from engine.importing.likely_reasons import Cause, LikelyReason

SHOWN = 3


def reason_sentences(reasons: Sequence[LikelyReason], *, has_other_formats: bool) -> list[str]:
    """Say the engine's reasons, and then what is often the matter, three in all.

    Args:
        reasons: of the engine, likeliest first.
        has_other_formats: whether the source may be read in another way.
    """
    words = _ReasonText()
    found = [words.of(reason) for reason in reasons]
    return [*found, *words.usual()[0 if has_other_formats else 1 :]][:SHOWN]


class _ReasonText(QObject):
    """The sentences: Qt's tools find plural forms in ``tr`` alone."""

    def of(self, reason: LikelyReason) -> str:
        count = reason.count
        match reason.cause:
            case Cause.NO_FILES:
                return self.tr("There is no file in it.")
            case Cause.NO_IMAGES:
                return self.tr(
                    "None of the %Ln file(s) is an image in this way of reading.", "", count
                )
            case Cause.IMAGES_WITHOUT_TEXT:
                return self.tr("%Ln image(s) have no text that belongs to them by name.", "", count)
            case Cause.TEXTS_WITHOUT_IMAGE:
                return self.tr("%Ln text(s) have no image that belongs to them by name.", "", count)
            case Cause.TEXTS_ELSEWHERE:
                return self.tr(
                    "%Ln text(s) have the name of an image that lies in another folder.", "", count
                )
            case Cause.UNREADABLE:
                return self.tr("%Ln image(s) cannot be read.", "", count)
            case Cause.BAD_ROWS:
                return self.tr(
                    "%Ln row(s) lack the image or the text that the chosen columns should hold.",
                    "",
                    count,
                )
            case _:
                return self.tr("%Ln item(s) are left out by what you have chosen.", "", count)

    def usual(self) -> list[str]:
        return [
            self.tr("Another way of reading may fit better: try the others on the left."),
            self.tr("A text and its image must have the same name: cat.txt belongs to cat.jpg."),
            self.tr(
                "The texts may lie elsewhere: choose the folder that holds both images and texts."
            ),
            self.tr(
                "The columns may be others: choose those that name the images and hold the texts."
            ),
        ]
