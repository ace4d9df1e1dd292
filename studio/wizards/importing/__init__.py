"""The wizard that makes a dataset of somebody's own files."""

from studio.wizards.importing.wizard import ImportWizard

__all__ = ["ImportWizard"]
