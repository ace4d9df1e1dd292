"""What a run is told: frozen dataclasses, their presets and their TOML form."""
