"""What is learned about a clip."""

from __future__ import annotations

from typing import Literal

#: one label a clip (or out of scope), any number of labels, or a number
Problem = Literal["multi-class", "multi-label", "regression"]
