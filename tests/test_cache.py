"""The cache of several app servers: a real Redis, and one that is away."""

import shutil
import subprocess
import time

import pytest
import redis

from terror_site.cache import ForgivingRedisCache
from tests.site import free_port


@pytest.fixture
def server(tmp_path):
    program = shutil.which("redis-server")
    assert program, (
        "Redis is missing: apt-get install redis-server, then run this again."
    )
    port = free_port()
    command = [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            assert process.poll() is None
            time.sleep(0.02)
    yield process, f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def _not_quiet(monkeypatch):
    monkeypatch.setattr(ForgivingRedisCache, "quiet_until", 0.0)


def cache(address):
    return ForgivingRedisCache(
        address, {"OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1}}
    )


def test_two_servers_share_what_is_cached(server):
    _process, address = server
    one, other = cache(address), cache(address)

    assert one.get_or_set("school", lambda: "Thornbridge") == "Thornbridge"
    assert other.get("school") == "Thornbridge"
    other.delete("school")
    assert one.get("school") is None


def test_without_redis_it_is_an_empty_cache(server):
    process, address = server
    mine = cache(address)
    mine.set("school", "Thornbridge")
    process.kill()
    process.wait()

    assert mine.get("school", "none") == "none"
    assert mine.get_or_set("school", lambda: "from the database") == "from the database"
    assert mine.delete("school") is False


def test_a_redis_that_hangs_costs_one_page_a_second_and_no_more(server):
    process, address = server
    mine = cache(address)
    mine.set("school", "Thornbridge")
    process.send_signal(19)

    began = time.monotonic()
    for _page in range(50):
        assert mine.get("school") is None
    assert time.monotonic() - began < 3

    process.send_signal(18)
    ForgivingRedisCache.quiet_until = 0.0
    assert mine.get("school") == "Thornbridge"
