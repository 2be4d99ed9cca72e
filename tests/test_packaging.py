"""Containers, services and guides name only what there is."""

import configparser
import re
import shlex

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from tests.site import BASE

COMPOSE = BASE / "compose.yaml"
EXAMPLES = BASE / "docs" / "examples"
# Read by serve.py or bootstrap.py, not by the settings.
ELSEWHERE = {"HOST", "DEMO", "PYTHONDONTWRITEBYTECODE"}
# Guides whose blocks a test runs word by word, and why the others are not.
RUN = {"technician.md": "tests/long/test_guides.py"}
NOT_RUN = {
    "install.md": "needs root, apt and systemd: followed by hand in a Debian chroot, "
    "but for `make wheelhouse`, which tests/long/test_install.py runs",
}


def setting_names():
    text = (BASE / "terror_site" / "settings.py").read_text()
    return set(re.findall(r'env(?:\.\w+)?\(\s*"(\w+)"', text)) | {
        "DATABASE_URL",
        *ELSEWHERE,
    }


def commands_in(words):
    """Return the management commands that a command line runs."""
    found = re.findall(r"(?:manage|bootstrap)\.py ([a-z_]+)", words)
    return set(found) - {"wheelhouse", "migrate"}


def instructions():
    text = (BASE / "Dockerfile").read_text().replace("\\\n", " ")
    return [
        line.split(None, 1)
        for line in text.splitlines()
        if line.strip() and not line.startswith(("#", " "))
    ]


def test_the_dockerfile_names_only_what_is_there():
    told = instructions()
    assert told[0][0] == "FROM"
    for name, words in told:
        if name == "COPY":
            *sources, _to = words.split()
            for source in sources:
                assert (BASE / source).exists(), source
        elif name == "RUN" and "pip install" in words:
            assert "--require-hashes" in words
            for lock in re.findall(r"-r (\S+)", words):
                assert (BASE / lock).exists(), lock
        elif name == "ENV":
            names = {pair.partition("=")[0] for pair in shlex.split(words)}
            assert names <= setting_names()
        elif name == "HEALTHCHECK":
            resolve(re.search(r"8000(/[^']+)'", words)[1])
    by_name = dict(told)
    assert by_name["USER"] != "root"
    # What is mounted over the code would hide it.
    assert by_name["VOLUME"] == "/srv/classroom/var"
    assert by_name["WORKDIR"] == "/srv/classroom/site"
    assert commands_in(" ".join(by_name["CMD"].split('", "'))) <= set(get_commands())


def test_the_image_holds_no_key_and_no_school():
    ignored = (BASE / ".dockerignore").read_text().split()
    for name in (".git", ".venv", "var", "wheelhouse"):
        assert name in ignored


def test_compose_joins_what_there_is():
    told = yaml.safe_load(COMPOSE.read_text())
    services = told["services"]
    known = set(services)
    for name, service in services.items():
        needed = service.get("depends_on", {})
        assert set(needed) <= known, name
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (BASE / source).exists(), source
            else:
                assert source in told["volumes"], source
        assert ("build" in service) != ("image" in service), name
    for name in ("prepare", "app"):
        assert set(services[name]["environment"]) <= setting_names()
    assert services["prepare"]["command"][2] in get_commands()
    # What differs from school to school is asked for, not guessed.
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text()))
    written = set(re.findall(r"^(\w+)=", (EXAMPLES / "compose.env").read_text(), re.M))
    assert asked == written


@pytest.mark.parametrize("name", ["classroom", "classroom-nightly"])
def test_the_services_run_what_there_is(name):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    text = (EXAMPLES / f"{name}.service").read_text()
    unit.read_string(text)
    service = unit["Service"]
    assert service["User"] == "classroom"
    assert service["EnvironmentFile"] == "/etc/classroom.env"
    for line in re.findall(r"^ExecStart=(.*)$", text, re.M):
        program, script, *words = line.split()
        assert program == "/usr/bin/python3"
        assert (BASE / script).exists()
        assert set(words) <= set(get_commands())


def test_the_settings_of_the_service_are_settings():
    text = (EXAMPLES / "classroom.env").read_text()
    names = set(re.findall(r"^#? ?([A-Z_]+)=", text, re.M))
    assert names <= setting_names()


def guides():
    return [*sorted((BASE / "docs").glob("*.md")), BASE / "README.md"]


def test_every_shell_block_is_run_by_a_test_or_says_why_not():
    with_blocks = {g.name for g in guides() if "```sh" in g.read_text()}
    assert with_blocks == set(RUN) | set(NOT_RUN)
    for test in RUN.values():
        assert (BASE / test).exists()


def test_the_guides_name_only_commands_that_there_are():
    for guide in guides():
        named = commands_in(guide.read_text())
        assert named <= set(get_commands()), guide.name
