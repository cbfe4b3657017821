"""A demo that needs no download: a made-up data set and a small encoder from an installed package."""

from .build import build_demo

__all__ = ["build_demo"]
