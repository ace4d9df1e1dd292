"""The Play panel: a trained generator answers while one types, drags and draws."""

from studio.panels.play.panel import PlayPanel

__all__ = ["PlayPanel"]
