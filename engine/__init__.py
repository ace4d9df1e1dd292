"""The engine of Diptych: training, sampling and datasets, without Qt."""

import os

# By default, idle OpenMP threads spin for seconds, which halves the speed if another program uses
# the other cores (docs/measurements.md). Must be set before torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Operations that MPS lacks are computed on the CPU. Read when torch is imported, too.
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
