"""Learn panel: what the networks of a run do."""

from studio.panels.learn.panel import LearnPanel

__all__ = ["LearnPanel"]
