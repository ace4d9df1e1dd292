"""Run panel: settings, controls and progress of a run."""

from studio.panels.run.panel import RunPanel

__all__ = ["RunPanel"]
