"""A demo that needs no download: a made-up data set and a small encoder from an installed package."""

from .build import build_demo
from .encoder import demo_encoder

__all__ = ["build_demo", "demo_encoder"]
