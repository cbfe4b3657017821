"""A folder of one's own as a data set: tables with any usual columns, features by clip, and perhaps a ``dataset.toml``."""
