"""Which figures of quality are shown together, and what they mean."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


@dataclass(frozen=True)
class QualityView:
    """Figures that share a scale."""

    name: str
    title: str
    figures: tuple[str, ...]


def quality_views() -> tuple[QualityView, ...]:
    """Give the views in the user's language."""
    return (
        QualityView(
            "coherence",
            translate("Quality", "Coherence"),
            ("joint_coherence", "text_to_image", "image_to_text"),
        ),
        QualityView("pictures", translate("Quality", "Pictures"), ("kid",)),
        QualityView(
            "variety",
            translate("Quality", "Variety"),
            ("precision", "recall", "density", "coverage", "covered_modes"),
        ),
        QualityView(
            "texts",
            translate("Quality", "Texts"),
            ("text_validity", "unique_share", "distinct_1", "copied_share"),
        ),
    )


def figure_words(name: str) -> tuple[str, str]:
    """Give a figure's label and what it means; an unknown one speaks for itself."""
    known = {
        "joint_coherence": (
            translate("Quality", "Pairs"),
            translate("Quality", "Share of pairs from noise whose image and text belong together"),
        ),
        "text_to_image": (
            translate("Quality", "Text to image"),
            translate("Quality", "Share of images drawn for a text that show what it says"),
        ),
        "image_to_text": (
            translate("Quality", "Image to text"),
            translate("Quality", "Share of texts written for a real image that are right"),
        ),
        "kid": (
            translate("Quality", "KID × 1000"),
            translate(
                "Quality",
                "Distance of generated from real images, on features learned from this dataset; "
                "lower is better, 0 is as good as real",
            ),
        ),
        "precision": (
            translate("Quality", "Precision"),
            translate("Quality", "Share of generated images that look like some real one"),
        ),
        "recall": (
            translate("Quality", "Recall"),
            translate("Quality", "Share of real images that some generated one looks like"),
        ),
        "density": (
            translate("Quality", "Density"),
            translate("Quality", "How many real neighbours a generated image has; real ones: 1"),
        ),
        "coverage": (
            translate("Quality", "Coverage"),
            translate("Quality", "Share of real images with a generated one in their vicinity"),
        ),
        "covered_modes": (
            translate("Quality", "Modes"),
            translate("Quality", "Share of the kinds of pairs in the data that are made at all"),
        ),
        "text_validity": (
            translate("Quality", "Valid"),
            translate("Quality", "Share of texts that mean something in this dataset"),
        ),
        "unique_share": (
            translate("Quality", "Unique"),
            translate("Quality", "Different texts over all texts"),
        ),
        "distinct_1": (
            translate("Quality", "Distinct words"),
            translate("Quality", "Different words over all words"),
        ),
        "copied_share": (
            translate("Quality", "Known"),
            translate("Quality", "Share of texts that stand word for word in the training set"),
        ),
    }
    return known.get(name, (name, name))


def shown_value(name: str, value: float) -> float:
    """Bring a figure to the scale on which it is read."""
    return 1000 * value if name == "kid" else value
