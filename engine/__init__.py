"""The training engine of Diptych: trains, samples and writes; runs headless; knows no Qt."""

import os

# OpenMP's idle threads spin for seconds by default. Beside a busy window, or anything else that
# wants the second core, that halves the speed; a short spin costs nothing when alone
# (docs/measurements.md). Read once, when torch loads.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
