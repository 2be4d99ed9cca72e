"""Two app servers as two computers: network namespaces, a proxy, Redis, PostgreSQL.

Without root there are no namespaces to be had: then two ports of this computer stand in.
"""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import redis

from tests.postgres import Cluster
from tests.site import BASE, Site, free_port

IS_ROOT = os.geteuid() == 0
NAMES = ("classroom-1", "classroom-2")


def program(name, package):
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found, f"{name} is missing: apt-get install {package}, then run this again."
    return found


def ip(*arguments):
    subprocess.run([program("ip", "iproute2"), *arguments], check=True)


@contextlib.contextmanager
def computers():
    """Yield (address of the proxy's computer, [(address, command prefix)] of two)."""
    if not IS_ROOT:
        yield ["127.0.0.1"] * 2, [("127.0.0.1", []), ("127.0.0.1", [])]
        return
    made, outside = [], []
    try:
        for number, name in enumerate(NAMES, 1):
            subprocess.run([program("ip", "iproute2"), "netns", "del", name],
                           stderr=subprocess.DEVNULL)  # fmt: skip
            net, wire = f"10.77.{number}", f"clsrm{number}"
            ip("netns", "add", name)
            ip(
                "link",
                "add",
                wire,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                name,
            )
            ip("address", "add", f"{net}.1/24", "dev", wire)
            ip("link", "set", wire, "up")
            ip("-n", name, "address", "add", f"{net}.2/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
            made.append(
                (f"{net}.2", [program("ip", "iproute2"), "netns", "exec", name])
            )
            outside.append(f"{net}.1")
        yield outside, made
    finally:
        for name in NAMES:
            subprocess.run([program("ip", "iproute2"), "netns", "del", name],
                           stderr=subprocess.DEVNULL)  # fmt: skip


@contextlib.contextmanager
def database():
    """A cluster that other computers may use."""
    with tempfile.TemporaryDirectory(prefix="classroom-postgres-") as folder:
        running = Cluster(folder, listen="*" if IS_ROOT else "127.0.0.1")
        with Path(running.data, "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/16 trust\n")
        running.start()
        try:
            yield running
        finally:
            running.stop()


def rows(cluster):
    return psycopg.connect(cluster.address)


@contextlib.contextmanager
def shared_cache(folder):
    port = free_port()
    process = subprocess.Popen(
        [program("redis-server", "redis-server"), "--port", str(port), "--save", "",
         "--dir", str(folder), "--bind", "*" if IS_ROOT else "127.0.0.1",
         "--protected-mode", "no"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while True:
        with contextlib.suppress(redis.ConnectionError):
            redis.Redis(port=port).ping()
            break
        time.sleep(0.02)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


class Server(Site):
    """An app server on a computer of its own."""

    def __init__(self, folder, address, prefix, **environment):
        command = [*prefix, sys.executable, "manage.py", "serve"]
        super().__init__(folder, *command, **environment)
        self.host = address
        self.environment["HOST"] = address


class Proxy:
    """nginx with the file that the guide prints, its three places filled in."""

    def __init__(self, folder, servers):
        self.port = free_port()
        self.folder = Path(folder)
        text = (BASE / "docs/examples/nginx.conf").read_text()
        for example, server in zip(
            ("10.77.1.2:8000", "10.77.2.2:8000"), servers, strict=True
        ):
            assert example in text
            text = text.replace(example, f"{server.host}:{server.port}")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        text = text.replace("server_name history.school.lan;", "server_name localhost;")
        (self.folder / "site.conf").write_text(text)
        temporary = "\n".join(
            f"{kind}_temp_path {self.folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.folder / "nginx.conf").write_text(
            f"daemon off; pid {self.folder}/pid; error_log {self.folder}/log;\n"
            + (f"user {getpass.getuser()};\n" if IS_ROOT else "")
            + "worker_processes 1; events { worker_connections 4096; }\n"
            f"http {{ access_log off; {temporary}\ninclude {self.folder}/site.conf; }}\n"
        )
        self.process = subprocess.Popen(
            [program("nginx", "nginx-light"), "-c", f"{self.folder}/nginx.conf"],
            stderr=subprocess.DEVNULL,
        )
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
