import shutil

import pytest

from tests.site import running_site


@pytest.fixture(scope="session")
def school(tmp_path_factory):
    """The folder of a demonstration school that was stopped properly."""
    folder = tmp_path_factory.mktemp("school") / "var"
    folder.mkdir()
    with running_site(folder):
        pass
    return folder


@pytest.fixture
def var(school, tmp_path):
    """A copy of that folder, to be used and broken."""
    return shutil.copytree(school, tmp_path / "var")
