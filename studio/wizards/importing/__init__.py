"""The wizard that imports the user's files as a dataset."""

from studio.wizards.importing.wizard import ImportWizard

__all__ = ["ImportWizard"]
