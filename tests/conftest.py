import pytest
from django.core.cache import cache

from tests.browser import chromium
from tests.site import running_site


@pytest.fixture(autouse=True)
def _forget_the_school():
    """The school is cached for seconds; a test's school is gone with the test."""
    cache.clear()


@pytest.fixture(scope="session")
def site():
    """The real site with a demonstration school, for browser tests."""
    with running_site() as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    with chromium() as running:
        yield running
