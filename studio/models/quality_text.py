"""Views, labels and explanations of the quality metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale

from engine.metrics.report import AND, COHERENCE, MADE
from engine.metrics.verdict import KID_NOTE
from studio.i18n import translate_engine

translate = QCoreApplication.translate
AND_SHOWN = " + "
"""Between the names of columns."""


@dataclass(frozen=True)
class QualityView:
    """Metrics shown on a common scale."""

    name: str
    title: str
    metrics: tuple[str, ...]
    """After a slash comes the suffix, if any, of metrics that exist for each column."""
    absent: str
    """Why an evaluation may have none of them."""

    def names_in(self, measured: Iterable[str]) -> list[str]:
        """Return which metrics of a run the view shows, in its order."""
        names = [*measured]
        return [name for metric in self.metrics for name in names if _is_shown_as(name, metric)]


def _is_shown_as(name: str, metric: str) -> bool:
    stem, slash, suffix = metric.partition("/")
    if not slash:
        return name == metric
    return name.startswith(f"{stem}/") and column_suffix(name) == suffix


def quality_views() -> tuple[QualityView, ...]:
    """Return the views in the user's language."""
    unknown = translate("Quality", "The evaluations of this run have no such figures.")
    return (
        QualityView(
            "coherence",
            translate("Quality", "Coherence"),
            (
                *("joint_coherence", "text_to_image", "image_to_text"),
                *("match", "match_upper_bound", "match_baseline"),
            ),
            translate(
                "Quality",
                "Coherence cannot be measured on this dataset: its captions hardly differ, and it "
                "has too few validation pairs. All other figures were measured.",
            ),
        ),
        QualityView("images", translate("Quality", "Images"), ("kid",), unknown),
        QualityView("texture", translate("Quality", "Texture"), ("grid", "texture"), unknown),
        QualityView(
            "variety",
            translate("Quality", "Variety"),
            ("precision", "recall", "density", "coverage", "covered_modes"),
            translate("Quality", "Variety needs more than five real images to compare with."),
        ),
        QualityView(
            "texts",
            translate("Quality", "Texts"),
            (
                *("text_validity", "unique_share", "distinct_1", "copied_share"),
                *("known_bigrams", "known_bigrams_upper_bound"),
            ),
            unknown,
        ),
        QualityView(
            "tables",
            translate("Quality", "Tables"),
            (
                *("field_distance/", "correlation_difference/"),
                *("train_on_synthetic/", "train_on_synthetic/_upper_bound"),
            ),
            translate("Quality", "The items of this run have no rows of a table."),
        ),
        QualityView(
            "sounds",
            translate("Quality", "Sounds"),
            tuple(f"sound_{name}/" for name in ("kid", "precision", "recall", "coverage")),
            translate(
                "Quality",
                "Figures of this kind are for runs of sounds alone; with other columns, the matrix "
                "says whether sounds belong to them.",
            ),
        ),
    )


def figure_words(name: str) -> tuple[str, str]:
    """Return label and explanation of a metric; unknown names are returned unchanged."""
    if name.startswith("texture_"):
        level = translate("Quality", "Texture, {0} px")
        return level.format(name.removeprefix("texture_")), figure_words("texture")[1]
    if "/" in name:
        return _column_words(name)
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
        "match": (
            translate("Quality", "Match"),
            translate(
                "Quality",
                "Share of images drawn for a real caption that the evaluator matches to it rather "
                "than to 99 others",
            ),
        ),
        "match_upper_bound": (
            translate("Quality", "Real images"),
            translate("Quality", "Match of the real images of these captions: the upper bound"),
        ),
        "match_baseline": (
            translate("Quality", "Chance"),
            translate("Quality", "Match of images drawn without looking at the caption"),
        ),
        "kid": (
            translate("Quality", "KID × 1000"),
            translate(
                "Quality",
                "Distance of generated from real images, on features learned from this dataset; "
                "lower is better, 0 is as good as real.",
            )
            + "\n"
            + translate_engine(KID_NOTE),
        ),
        "grid": (
            translate("Quality", "Grid"),
            translate(
                "Quality",
                "Detail of single pixels compared with real images: 1 is right, far above 1 is a "
                "checkerboard or grain, far below 1 is blur",
            ),
        ),
        "texture": (
            translate("Quality", "Texture"),
            translate(
                "Quality",
                "Distance of small patches of all scales from those of real images, relative to "
                "the distance of other real images: 1 is as good as real, lower is better",
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
        "known_bigrams": (
            translate("Quality", "Known bigrams"),
            translate(
                "Quality",
                "Share of pairs of neighbouring words that the training texts have: far below real "
                "texts is no order, far above is learned by heart",
            ),
        ),
        "known_bigrams_upper_bound": (
            translate("Quality", "Bigrams, real"),
            translate("Quality", "Known bigrams of the validation texts"),
        ),
        "fid": (
            "FID",
            translate("Quality", "Fréchet distance on the features of KID; lower is better"),
        ),
        "smallest_share": (
            translate("Quality", "Rarest"),
            translate("Quality", "Share of the samples that the rarest kind of pairs has"),
        ),
        "mode_kl": (
            translate("Quality", "Mode divergence"),
            translate("Quality", "How uneven the kinds of pairs are compared with the data, nats"),
        ),
        "distinct_2": (
            translate("Quality", "Distinct bigrams"),
            translate("Quality", "Different pairs of words over all pairs of words"),
        ),
        "known_words": (
            translate("Quality", "Known words"),
            translate("Quality", "Share of words that the training texts have"),
        ),
        "bleu": (
            "BLEU",
            translate("Quality", "Similarity of the texts to validation texts"),
        ),
        "self_bleu": (
            "Self-BLEU",
            translate("Quality", "Similarity of the texts to each other; lower is more varied"),
        ),
        "memorisation": (
            translate("Quality", "Near copies"),
            translate(
                "Quality",
                "Share of images that are nearer to a training image than 99 of 100 real ones are",
            ),
        ),
        "novelty": (
            translate("Quality", "New"),
            translate("Quality", "Share of images that copy no training image"),
        ),
        "copied_share": (
            translate("Quality", "Known"),
            translate("Quality", "Share of texts that occur verbatim in the training set"),
        ),
    }
    for suffix, words in _companions().items():
        if name not in known and name.endswith(suffix):
            label, tip = figure_words(name.removesuffix(suffix))
            return f"{label}, {words}", tip
    return known.get(name, (name, name))


def _column_words(name: str) -> tuple[str, str]:
    """Return label and explanation of a metric that names its columns after a slash."""
    suffix = column_suffix(name)
    if not suffix and not name.startswith(COHERENCE):
        suffix = next((suffix for suffix in _companions() if name.endswith(suffix)), "")
    stem, column = name.removesuffix(suffix).split("/", 1)
    if f"{stem}/" == COHERENCE and MADE in column:
        given, made = column.split(MADE, 1)
        label, tip = matrix_words(tuple(given.split(AND)) if given else (), tuple(made.split(AND)))
    elif stem in (known := _table_words() | _sound_words()):
        words, tip = known[stem]
        label = translate("Quality", "{0}, {1}").format(words, column)
    else:
        return name, name
    return (f"{label}, {_companions()[suffix]}" if suffix else label), tip


def column_suffix(name: str) -> str:
    """Return the suffix of a value beside a metric of a column; empty if it is the metric."""
    return next((s for s in ("_baseline", "_upper_bound") if name.endswith(s)), "")


def matrix_words(given: Sequence[str], made: Sequence[str]) -> tuple[str, str]:
    """Return label and explanation of a cell of the coherence matrix.

    Args:
        given: columns; none if all are made.
        made: one column; where nothing is given, one that is compared with each other one, several
            that are compared with one another, or none for all.
    """
    if given:
        return (
            translate("Quality", "{0} from {1}").format(made[0], AND_SHOWN.join(given)),
            translate(
                "Quality",
                "Share of items made from {1} whose {0} belongs to it: it states the same or, "
                "where nothing is stated in common, a matcher finds it among 100",
            ).format(made[0], list_text(given)),
        )
    if len(made) == 1:
        return made[0], translate(
            "Quality",
            "All columns made from noise: agreement of {0} with another one, on average",
        ).format(made[0])
    label = AND_SHOWN.join(made)
    which = list_text(made) if made else translate("Quality", "all columns")
    return label, translate(
        "Quality",
        "Share of items made from noise whose columns belong together: {0}",
    ).format(which)


def list_text(names: Sequence[str]) -> str:
    """Join names as a sentence does: ``text and image``."""
    return QLocale().createSeparatedList([*names])


def _table_words() -> dict[str, tuple[str, str]]:
    """Return label and explanation of the metrics of a column of tables."""
    return {
        "field_distance": (
            translate("Quality", "Distributions"),
            translate(
                "Quality",
                "Distance of each field's distribution from the training rows', on average: "
                "Kolmogorov-Smirnov for numbers, total variation for categories; 0 is equal",
            ),
        ),
        "correlation_difference": (
            translate("Quality", "Correlations"),
            translate(
                "Quality",
                "How much the dependence of two fields differs from that in the training rows, on "
                "average; 0 is equal",
            ),
        ),
        "missing_difference": (
            translate("Quality", "Missing cells"),
            translate(
                "Quality",
                "How much a field's share of missing cells differs from the training rows', on "
                "average; 0 is equal",
            ),
        ),
        "train_on_synthetic": (
            translate("Quality", "Train on synthetic"),
            translate(
                "Quality",
                "Accuracy on real rows of a classifier that learned from made rows alone. The "
                "upper bound learned from real rows; the baseline guesses the most frequent value",
            ),
        ),
        "nearest_record": (
            translate("Quality", "Nearest record"),
            translate(
                "Quality",
                "Median distance of a made row from the nearest training row; far below that of "
                "real validation rows, the baseline, rows are copied",
            ),
        ),
        "record_memorisation": (
            translate("Quality", "Near copies of rows"),
            translate(
                "Quality",
                "Share of made rows that are nearer to a training row than 99 of 100 real ones are",
            ),
        ),
        "record_novelty": (
            translate("Quality", "New rows"),
            translate("Quality", "Share of made rows that copy no training row"),
        ),
    }


def _sound_words() -> dict[str, tuple[str, str]]:
    """Return label and explanation of the metrics of a column of sounds."""
    return {
        "sound_kid": (
            "KID",
            translate(
                "Quality",
                "Distance of generated from real sounds, on features of their spectrograms; lower "
                "is better, 0 is as good as real",
            ),
        ),
        "sound_precision": (
            translate("Quality", "Precision"),
            translate("Quality", "Share of generated sounds that are like some real one"),
        ),
        "sound_recall": (
            translate("Quality", "Recall"),
            translate("Quality", "Share of real sounds that some generated one is like"),
        ),
        "sound_density": (
            translate("Quality", "Density"),
            translate("Quality", "How many real neighbours a generated sound has; real ones: 1"),
        ),
        "sound_coverage": (
            translate("Quality", "Coverage"),
            translate("Quality", "Share of real sounds with a generated one in their vicinity"),
        ),
        "sound_memorisation": (
            translate("Quality", "Near copies"),
            translate(
                "Quality",
                "Share of sounds that are nearer to a training sound than 99 of 100 real ones are",
            ),
        ),
        "sound_novelty": (
            translate("Quality", "New"),
            translate("Quality", "Share of sounds that copy no training sound"),
        ),
    }


def _companions() -> dict[str, str]:
    """Return the suffixes of values that accompany a metric, in words."""
    return {
        "_std": translate("Quality", "deviation"),
        "_baseline": translate("Quality", "baseline"),
        "_upper_bound": translate("Quality", "upper bound"),
        "_n": translate("Quality", "samples"),
    }


def beside_text(name: str, metrics: Mapping[str, float]) -> str:
    """Return the baseline and the upper bound of a metric of a column; empty if it has none."""
    words = _companions()
    return "\n".join(
        translate("Quality", "{0}: {1}").format(
            words[suffix].capitalize(), f"{metrics[name + suffix]:.3g}"
        )
        for suffix in ("_baseline", "_upper_bound")
        if "/" in name and name + suffix in metrics
    )


def levels_text(metrics: Mapping[str, float]) -> str:
    """Return the texture metric of each level, fine to coarse; empty if there are none."""
    level = translate("Quality", "{0} px: {1}")
    names = [name for name in metrics if name.startswith("texture_")]
    sides = sorted((int(name.removeprefix("texture_")) for name in names), reverse=True)
    return "\n".join(level.format(side, f"{metrics[f'texture_{side}']:.3g}") for side in sides)


_THOUSANDTHS = ("kid", "kid_std", "kid_baseline")


def shown_value(name: str, value: float) -> float:
    """Scale a metric for display."""
    return 1000 * value if name in _THOUSANDTHS else value
