"""The Qt application: windows, panels and the workers that run the engine."""
