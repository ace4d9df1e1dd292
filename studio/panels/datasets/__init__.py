"""The panel that shows the workspace's datasets, their items, and lets them be edited."""

from studio.panels.datasets.panel import DatasetPanel

__all__ = ["DatasetPanel"]
