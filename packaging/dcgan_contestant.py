"""Run one contestant of the DCGAN benchmark in a process of its own.

    python packaging/dcgan_contestant.py (plain-0 | plain-2 | ours-fp32 | ours-bf16) FOLDER DEVICE

Each line on standard input is a number of steps to take; a line comes back when they are taken. A
plain loop runs as its script would: PyTorch is loaded before this program can tune its threads.
"""

import sys
from pathlib import Path


def main() -> None:
    """Take steps until standard input ends."""
    kind, folder, device_name = sys.argv[1:]
    side, _, variant = kind.partition("-")
    if side == "ours":
        import engine  # noqa: F401 (sets what OpenMP reads when PyTorch is loaded)
    import torch
    from dcgan_loops import our_loop, plain_loop

    device = torch.device(device_name)
    if side == "ours":
        run = our_loop(Path(folder), device, variant)
    else:
        run = plain_loop(Path(folder), device, workers=int(variant))
    for line in sys.stdin:
        run(int(line))
        print("taken", flush=True)


if __name__ == "__main__":
    main()
