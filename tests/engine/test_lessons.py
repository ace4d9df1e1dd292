"""Runs every lesson's experiments, smaller than no lesson asks for, and checks what its text promises.

Points are judged by the ring itself: eight centres, a radius around each, the word of each.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from engine.control import RunControl
from engine.data.loader import Items
from engine.data.store import TRAIN, VALIDATION
from engine.events import MetricsReported, Outcome, RunEnded
from engine.sample.load import LoadedRun, load_run
from engine.starters.build import build_starter
from engine.starters.ring import COLOURS, RADIUS
from engine.train.run import train
from resources import starters_folder
from studio.models.lessons import load_lessons
