"""Quality panel: metrics measured during a run."""

from studio.panels.quality.panel import QualityPanel

__all__ = ["QualityPanel"]
