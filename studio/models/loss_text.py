"""Labels and explanations of losses, and titles of all metrics of a run."""

from PySide6.QtCore import QCoreApplication

from engine.runs.curves import Metric, MetricKind
from studio.models.quality_text import figure_words, quality_views, shown_value

translate = QCoreApplication.translate


def loss_words(name: str) -> tuple[str, str]:
    """Return label and explanation of a loss; unknown names are returned unchanged."""
    known = {
        "generator": (
            translate("LossPlotPanel", "Generator"),
            translate(
                "LossPlotPanel", "How badly the generator fails to convince the discriminator"
            ),
        ),
        "discriminator": (
            translate("LossPlotPanel", "Discriminator"),
            translate(
                "LossPlotPanel", "How badly the discriminator tells real pairs from generated ones"
            ),
        ),
        "penalty": (
            translate("LossPlotPanel", "Penalty"),
            translate(
                "LossPlotPanel",
                "Squared gradient norm of the discriminator at the real pairs; keeps it smooth",
            ),
        ),
        "text_nll": (
            translate("LossPlotPanel", "Text NLL"),
            translate(
                "LossPlotPanel", "Negative log-likelihood of the real texts, in nats per token"
            ),
        ),
        "reading": (
            translate("LossPlotPanel", "Reading"),
            translate("LossPlotPanel", "How badly the model reads real items, each alone, in nats"),
        ),
        "redescription": (
            translate("LossPlotPanel", "Redescription"),
            translate(
                "LossPlotPanel", "How badly generated items tell what they were made from, in nats"
            ),
        ),
        "bound": (
            translate("LossPlotPanel", "Bound"),
            translate(
                "LossPlotPanel",
                "How badly the model explains whole pairs, in nats; lower is better",
            ),
        ),
        "image": (
            translate("LossPlotPanel", "Image"),
            translate("LossPlotPanel", "How surprising real images are, in nats"),
        ),
        "text": (
            translate("LossPlotPanel", "Text"),
            translate("LossPlotPanel", "How surprising real texts are, in nats"),
        ),
        "kl": (
            translate("LossPlotPanel", "KL"),
            translate("LossPlotPanel", "How much the latent code says about each pair, in nats"),
        ),
    }
    return known.get(name, (name, name))


def metric_words(metric: Metric) -> tuple[str, str]:
    """Return label and explanation of a metric of any kind."""
    match metric.kind:
        case MetricKind.LOSS:
            label, tip = loss_words(metric.name)
            return translate("CompareMetrics", "Loss: {0}").format(label), tip
        case MetricKind.QUALITY:
            label, tip = figure_words(metric.name)
            views = (view for view in quality_views() if view.names_in([metric.name]))
            title = next((view.title for view in views), "")
            words = translate("CompareMetrics", "{0}: {1}")
            return (words.format(title, label) if title else label), tip
        case MetricKind.TRAINING:
            return translate("CompareMetrics", "Training: {0}").format(metric.name), ""


def metric_scale(metric: Metric) -> float:
    """Return the factor by which a metric is scaled for display."""
    return shown_value(metric.name, 1.0) if metric.kind is MetricKind.QUALITY else 1.0
