"""The main window: where the panels stand and what its menus do."""
