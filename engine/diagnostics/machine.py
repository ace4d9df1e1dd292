"""Software versions and hardware of a machine, for diagnostic reports."""

import os
import platform
import shutil
import subprocess
import sys
from typing import Any

from engine.config.presets import memory_bytes
from engine.version import installed_version

PACKAGES = (
    "diptych-studio",
    "PySide6-Essentials",
    "torch",
    "numpy",
    "pyqtgraph",
    "pillow",
    "safetensors",
    "tokenizers",
    "pyarrow",
    "platformdirs",
    "ftfy",
)
SHOWN_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "GOMP_SPINCOUNT",
    "CUDA_VISIBLE_DEVICES",
    "PYTORCH_CUDA_ALLOC_CONF",
    "QT_QPA_PLATFORM",
    "QT_SCALE_FACTOR",
    "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP",
    "LANG",
)
"""Environment variables that are included in a report."""
_PATIENCE_S = 5.0
_ASK_DRIVER = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]


def versions() -> dict[str, str]:
    """Return the versions of the program and its dependencies."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = ""
    system = f"{platform.platform()} {name}".strip()
    found = {name: installed_version(name) for name in PACKAGES}
    return {"Python": sys.version.replace("\n", " "), "system": system, **found}


def hardware() -> dict[str, Any]:
    """Return processors, memory and GPUs; imports PyTorch."""
    return {
        "processor": platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cpu_count": os.cpu_count(),
        "memory_bytes": memory_bytes(),
        "gpus_of_the_driver": _driver_gpus(),
        "torch": _torch_facts(),
    }


def _driver_gpus() -> list[str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        answer = subprocess.run(  # noqa: S603 - the driver's own tool
            [program, *_ASK_DRIVER],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return [f"nvidia-smi: {type(error).__name__}"]
    return answer.stdout.strip().splitlines() or [answer.stderr.strip()[:200]]


def _torch_facts() -> dict[str, Any]:
    """Return the state of PyTorch; an import error is reported, not raised."""
    try:
        import torch

        facts: dict[str, Any] = {
            "version": torch.__version__,
            "cuda": torch.version.cuda,
            "hip": torch.version.hip,
            "threads": torch.get_num_threads(),
            "sees_gpu": torch.accelerator.is_available(),
        }
        if facts["sees_gpu"]:
            current = torch.accelerator.current_accelerator()
            facts["accelerator"] = current.type if current else ""
            module = torch.get_device_module(current)
            name: Any = getattr(module, "get_device_name", lambda number: f"number {number}")
            facts["gpus"] = [name(number) for number in range(torch.accelerator.device_count())]
    except Exception as error:  # noqa: BLE001 - whatever a damaged library raises
        return {"error": f"{type(error).__name__}: {error}"[:2000]}
    return facts
