"""A folder with one sound run in it."""

import pytest
from saved_runs import write_run


@pytest.fixture
def root(tmp_path):
    """A sound run without arrays, so that nothing is drawn of it, under the name ``Sound``."""
    write_run(tmp_path / "runs" / "sound", arrays=False, dataset="Sound", history=[])
    return tmp_path
