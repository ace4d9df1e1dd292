"""Compare panel: several runs beside each other."""

from studio.panels.compare.panel import ComparePanel

__all__ = ["ComparePanel"]
