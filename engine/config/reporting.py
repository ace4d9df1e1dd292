"""What a run shows and keeps while it goes on."""

from dataclasses import dataclass

from engine.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class ReportingConfig:
    """What a run shows and keeps while it goes on."""

    preview_count: int = setting(
        64,
        label="Pairs in a preview",
        help="Pairs drawn from the same noise at every preview.",
        unit="pairs",
        low=4,
        high=256,
    )
    preview_every_s: float = setting(
        15.0,
        label="Preview every",
        help="Longest time between two previews; they come faster at the start.",
        unit="s",
        low=1.0,
        high=3600.0,
    )
    checkpoint_every_s: float = setting(
        60.0,
        label="Checkpoint every",
        help="Time between two checkpoints.",
        unit="s",
        low=5.0,
        high=86_400.0,
    )
    checkpoints_kept: int = setting(
        3,
        label="Checkpoints kept",
        help="So many of the newest checkpoints are kept; the best by a figure are kept besides.",
        low=1,
        high=1000,
    )
    keep_every_images: int = setting(
        0,
        label="Keep one every",
        help="One checkpoint in so many images is kept for good. 0 keeps none.",
        unit="images",
        low=0,
        high=10**12,
    )
    checkpoint_budget_mb: float = setting(
        0.0,
        label="Checkpoint budget",
        help="Room that the run's checkpoints may take; the oldest go first, the newest stays. "
        "0 means no limit.",
        unit="MB",
        low=0.0,
        high=1e9,
    )
    evaluate_every_s: float = setting(
        60.0,
        label="Evaluate every",
        help="Time between two measurements of quality; 0 never measures.",
        unit="s",
        low=0.0,
        high=86_400.0,
    )
    evaluate_count: int = setting(
        1000,
        label="Pairs evaluated",
        help="Pairs drawn for a measurement of quality during a run.",
        unit="pairs",
        low=100,
        high=50_000,
    )
