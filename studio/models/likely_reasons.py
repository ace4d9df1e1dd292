"""Why no pair was found, in the user's words: always the three likeliest reasons."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from engine.importing.likely_reasons import Cause, LikelyReason

SHOWN = 3


def reason_sentences(reasons: Sequence[LikelyReason], *, has_other_formats: bool) -> list[str]:
    """Say the engine's reasons, and then what is often the matter, three in all.

    Args:
        reasons: of the engine, likeliest first.
        has_other_formats: whether the source may be read in another way.
    """
    found = [_sentence(reason) for reason in reasons]
    return [*found, *_usual(has_other_formats=has_other_formats)][:SHOWN]


def _sentence(reason: LikelyReason) -> str:
    translate, count = QCoreApplication.translate, reason.count
    match reason.cause:
        case Cause.NO_FILES:
            return translate("LikelyReasons", "There is no file in it.")
        case Cause.NO_IMAGES:
            return translate(
                "LikelyReasons",
                "None of the %Ln file(s) is an image in this way of reading.",
                "",
                count,
            )
        case Cause.IMAGES_WITHOUT_TEXT:
            return translate(
                "LikelyReasons",
                "%Ln image(s) have no text that belongs to them by name.",
                "",
                count,
            )
        case Cause.TEXTS_WITHOUT_IMAGE:
            return translate(
                "LikelyReasons",
                "%Ln text(s) have no image that belongs to them by name.",
                "",
                count,
            )
        case Cause.TEXTS_ELSEWHERE:
            return translate(
                "LikelyReasons",
                "%Ln text(s) have the name of an image that lies in another folder.",
                "",
                count,
            )
        case Cause.UNREADABLE:
            return translate("LikelyReasons", "%Ln image(s) cannot be read.", "", count)
        case Cause.BAD_ROWS:
            return translate(
                "LikelyReasons",
                "%Ln row(s) lack the image or the text that the chosen columns should hold.",
                "",
                count,
            )
        case _:
            return translate(
                "LikelyReasons", "%Ln item(s) are left out by what you have chosen.", "", count
            )


def _usual(*, has_other_formats: bool) -> list[str]:
    translate = QCoreApplication.translate
    other = translate(
        "LikelyReasons", "Another way of reading may fit better: try the others on the left."
    )
    usual = [
        translate(
            "LikelyReasons",
            "A text and its image must have the same name: cat.txt belongs to cat.jpg.",
        ),
        translate(
            "LikelyReasons",
            "The texts may lie elsewhere: choose the folder that holds both images and texts.",
        ),
        translate(
            "LikelyReasons",
            "The columns may be others: choose those that name the images and hold the texts.",
        ),
    ]
    return [other, *usual] if has_other_formats else usual
