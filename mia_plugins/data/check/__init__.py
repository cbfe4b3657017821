"""Everything that is wrong with a data set at once, for ``mia-plugins data check``."""
