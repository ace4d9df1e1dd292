"""How exact the networks compute."""

import contextlib
from contextlib import AbstractContextManager

import torch


def resolve_precision(name: str, device: torch.device, *, is_large: bool) -> str:
    """Turn ``auto`` into ``bf16`` or ``fp32``.

    Half the bits pay where the hardware multiplies them natively and the layers are large enough to
    be worth the conversions (docs/measurements.md).
    """
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if is_large and has_bf16_cpu() else "fp32"


def has_bf16_cpu() -> bool:
    """Whether this processor multiplies bfloat16 natively."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001 (the only way to ask)


def in_precision(name: str, device: torch.device) -> AbstractContextManager[object]:
    """Compute in a precision while the context lasts; weights stay float32."""
    if name != "bf16":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
