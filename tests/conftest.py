"""What every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long a first call takes, kernels being compiled, says nothing.
settings.register_profile("envgis", deadline=None)
settings.load_profile("envgis")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data made by others: ENVGIS_TEST_DATA, else ../shared/data beside the project.

    Its absence fails in one sentence: a test that is skipped is a test that nobody runs.
    """
    folder = Path(os.environ.get("ENVGIS_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.fail(f"The real data are missing: set ENVGIS_TEST_DATA to their folder ({folder} is none).", pytrace=False)
    return folder
