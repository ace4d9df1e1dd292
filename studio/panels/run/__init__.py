"""The run panel: what to train on and how, Start and Stop, and how far the run has come."""

from studio.panels.run.panel import RunPanel

__all__ = ["RunPanel"]
