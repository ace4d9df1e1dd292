"""The training engine of Diptych: trains, samples and writes; runs headless; knows no Qt."""
