"""The main window: its docks, actions, status bar and the way it closes."""
