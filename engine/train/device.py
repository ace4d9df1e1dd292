"""Which device a run trains on, and what a person calls it."""

import torch

from engine.errors import DeviceUnavailableError


def find_device(name: str) -> torch.device:
    """Turn ``auto``, ``cpu`` or ``cuda`` into a device of this machine.

    Raises:
        DeviceUnavailableError: ``cuda`` was asked for and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        reason = (
            "this PyTorch was built without CUDA"
            if not torch.backends.cuda.is_built()
            else "no NVIDIA GPU with a working driver was found"
        )
        raise DeviceUnavailableError(name, reason)
    if name == "auto":
        name = "cuda" if has_cuda else "cpu"
    return torch.device(name)


def describe(device: torch.device) -> str:
    """Name a device as a person would."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"
