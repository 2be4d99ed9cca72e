import pytest

from tests.site import copy_school


@pytest.fixture
def var(tmp_path):
    """The folder of a demonstration school, to be used and broken."""
    copy_school(tmp_path / "var")
    return tmp_path / "var"
