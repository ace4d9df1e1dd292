"""The runs of the workspace, and those that wait their turn."""

from studio.panels.runs.panel import RunsPanel

__all__ = ["RunsPanel"]
