"""Runs panel: history and queue."""

from studio.panels.runs.panel import RunsPanel

__all__ = ["RunsPanel"]
