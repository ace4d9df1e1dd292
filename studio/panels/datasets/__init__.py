"""Datasets panel: list, browser and editing of datasets."""

from studio.panels.datasets.panel import DatasetPanel

__all__ = ["DatasetPanel"]
