"""Hypothesis without deadlines: the first example of a test may have to import SciPy or scikit-learn."""

from hypothesis import settings

settings.register_profile("evaluation", deadline=None)
settings.load_profile("evaluation")
