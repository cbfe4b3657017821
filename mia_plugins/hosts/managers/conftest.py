"""Keeps pytest from importing the managers outside a host: what they import is there inside one only."""

collect_ignore = ["common.py", "detection.py", "mintood.py", "mintrec.py", "mintrec2.py", "mmoir.py"]
