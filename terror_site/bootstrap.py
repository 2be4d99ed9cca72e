"""`make run`: from a bare machine to the served site.

Runs with the system's Python before anything is installed, so it uses the
standard library only. Each thing that can be missing on a school's PC ends in
one sentence that says what to do.
"""

import errno
import hashlib
import importlib
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:
    # Windows does not let a folder be replaced while it is used.
    fcntl = None

BASE = Path(__file__).resolve().parent.parent
VENV = BASE / ".venv"
# Packages carried here by hand: where it stands, no network is asked.
WHEELHOUSE = BASE / "wheelhouse"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stop(sentence):
    sys.exit(f"\n{sentence}\n")


def say(line):
    print(f"  {line}", flush=True)  # noqa: T201 (a terminal program)


def check_python():
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        stop(
            "This needs Python 3.11, 3.12 or 3.13, but this is Python "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Install one of them and "
            "say: make run PYTHON=python3.11"
        )


def check_writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.write_text("x")
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            stop(f"The disk is full. Make room where {folder} is, then try again.")
        stop(
            f"The folder {folder} cannot be written ({error.strerror}). Give this user "
            "the right to write there, or unpack this project somewhere else."
        )


def check_port(host, port):
    """Stop with a sentence when nothing could listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except OSError:
        stop(f"HOST={host} is not an address of this machine. Try HOST=0.0.0.0")
    with socket.socket(family, kind, protocol) as listener:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except PermissionError:
            stop(f"Port {port} needs administrator rights. Try: PORT=8000 make run")
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                stop(
                    f"Port {port} is taken by another program (perhaps this site, "
                    f"already running). Stop that, or try: PORT={port + 1} make run"
                )
            stop(f"HOST={host} is not an address of this machine. Try HOST=0.0.0.0")


def lan_names():
    """Return the names under which this machine can be opened in the school.

    The address is the one a packet to elsewhere would leave from; none is sent.
    """
    names = ["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            names.append(probe.getsockname()[0])
        except OSError:
            pass
    return names


def works(command):
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def pip_of_venv():
    """Return the command that installs into the `.venv` there is, if it works.

    A working one is never thrown away: the site may be running from it.
    """
    own = [str(VENV_PYTHON), "-m", "pip"]
    if works([*own, "--version"]):
        return own
    outside = [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]
    if works([str(VENV_PYTHON), "--version"]) and works([*outside, "--version"]):
        return outside
    shutil.rmtree(VENV, ignore_errors=True)
    return None


def make_venv():
    """Make `.venv` and return the command that installs into it.

    Debian leaves `ensurepip` out of its Python; the system's own pip can then
    install into an environment made without it.
    """
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        result = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True
        )
        if result.returncode == 0:
            return [str(VENV_PYTHON), "-m", "pip"]
        shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("venv") and importlib.util.find_spec("pip"):
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True
        )
        return [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]
    stop(
        "This Python cannot make a virtual environment. On Debian or Ubuntu say "
        "“sudo apt-get install python3-venv”, then run this again."
    )


def fingerprint(requirements):
    wanted = hashlib.sha256(sys.version.encode())
    for name in requirements:
        wanted.update((BASE / name).read_bytes())
    return wanted.hexdigest()


def is_installed(requirements):
    stamp = VENV / f".installed-{requirements[-1]}"
    return stamp.exists() and stamp.read_text() == fingerprint(requirements)


def install(requirements=("requirements.txt",)):
    """Install the hashed requirements, unless exactly these are installed."""
    stamp = VENV / f".installed-{requirements[-1]}"
    if is_installed(requirements):
        return
    say("Installing the packages (once; about half a minute) …")
    pip = pip_of_venv() or make_venv()
    command = [*pip, "install", "--quiet", "--disable-pip-version-check"]
    if WHEELHOUSE.is_dir() and "PIP_NO_INDEX" not in os.environ:
        command += ["--no-index", "--find-links", str(WHEELHOUSE)]
    for name in requirements:
        command += ["--require-hashes", "-r", str(BASE / name)]
    if subprocess.run(command).returncode:
        stop(
            "The packages could not be installed: the lines above say why. Without "
            "internet, put a folder “wheelhouse” here that “make wheelhouse” has made "
            "on a computer of the same kind."
        )
    stamp.write_text(fingerprint(requirements))


def fill_wheelhouse():
    """Fetch every package of this school's settings, checked by its hash."""
    wanted = wanted_requirements()
    install(wanted)
    pip = pip_of_venv()
    half = WHEELHOUSE.with_name("wheelhouse.new")
    shutil.rmtree(half, ignore_errors=True)
    command = [*pip, "download", "--quiet", "--disable-pip-version-check"]
    for name in wanted:
        command += ["--require-hashes", "-r", str(BASE / name)]
    # Only what needs no compiler where it is unpacked.
    command += ["--only-binary", ":all:", "--dest", str(half)]
    if subprocess.run(command).returncode:
        shutil.rmtree(half, ignore_errors=True)
        stop("The packages could not be fetched: the lines above say why.")
    shutil.rmtree(WHEELHOUSE, ignore_errors=True)
    half.rename(WHEELHOUSE)
    count = len(list(WHEELHOUSE.glob("*.whl")))
    say(
        f"{count} packages for Python {sys.version_info[0]}.{sys.version_info[1]} on a "
        f"computer like this one are in {WHEELHOUSE.name}/."
    )


def wanted_requirements():
    """Return what this school's settings need besides what every school needs."""
    wanted = ["requirements.txt"]
    address = os.environ.get("DATABASE_URL", "")
    if address.startswith("postgres") or os.environ.get("REDIS_URL"):
        wanted.insert(0, "requirements-server.txt")
    for setting, name in (
        ("S3_BUCKET", "requirements-s3.txt"),
        ("SENTRY_DSN", "requirements-sentry.txt"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "requirements-otel.txt"),
        ("OPENID_DOMAINS", "requirements-openid.txt"),
    ):
        if os.environ.get(setting):
            wanted.insert(0, name)
    return tuple(wanted)


def make_secret_key(folder):
    """Write the key whole or not at all; a full disk must not leave an empty one."""
    path = folder / "secret_key"
    if path.exists() and path.stat().st_size:
        return
    half = folder / "secret_key.new"
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    half.replace(path)


def check_stopped(folder):
    if fcntl is None:
        return
    with (folder / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stop("Nothing was changed. The site is running: stop it, then try again.")


def go_back(releases, folder):
    """Take the code of a checkout back to what ran last, where git knows it."""
    commit = releases.last(folder).get("commit")
    version = releases.last(folder).get("version", "before")
    if commit and commit != releases.commit_of(BASE):
        if works(["git", "-C", str(BASE), "checkout", "--quiet", "--detach", commit]):
            stop(f"The code is that of version {version} again. Start it as usual.")
        stop(f"Now take the code back: git checkout {commit}")
    stop(f"Now start version {version} from its own folder again.")


def upgrade(folder, arguments):
    """Show what an upgrade changes; with --apply do it, or leave all as it was.

    The code is there already, by `git pull` or unpacked. With --wheels FOLDER the
    packages come from there and no network is asked.
    """
    sys.path.insert(0, str(BASE))
    releases = importlib.import_module("terror_site.releases")
    if "--apply" not in arguments:
        for line in releases.preview(folder, BASE):
            say(line)
        say("Nothing was changed yet. To do it: make upgrade APPLY=1")
        return
    check_stopped(folder)
    if "--wheels" in arguments:
        wheels = Path(arguments[arguments.index("--wheels") + 1]).absolute()
        if not any(wheels.glob("*.whl")):
            stop(f"Nothing was changed. There are no packages (*.whl) in {wheels}.")
        os.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    before = BASE / ".venv-before"
    wanted = wanted_requirements()
    is_new = VENV.exists() and not is_installed(wanted)
    if is_new:
        shutil.rmtree(before, ignore_errors=True)
        VENV.rename(before)
    done = False
    try:
        install(wanted)
        command = [str(VENV_PYTHON), str(BASE / "manage.py"), "upgrade", "--apply"]
        environment = {"SITE_SCHEME": "http", **os.environ}
        done = subprocess.run(command, cwd=BASE, env=environment).returncode == 0
    finally:
        if is_new and not done:
            shutil.rmtree(VENV, ignore_errors=True)
            before.rename(VENV)
        elif is_new:
            shutil.rmtree(before, ignore_errors=True)
    if not done:
        go_back(releases, folder)


def main(arguments):
    check_python()
    check_writable(BASE)
    if arguments == ["install-dev"]:
        install(("requirements-dev.txt",))
        return
    if arguments == ["wheelhouse"]:
        fill_wheelhouse()
        return
    folder = Path(os.environ.get("VAR_DIR") or BASE / "var")
    check_writable(folder)
    folder.chmod(0o700)
    if arguments[:1] == ["upgrade"]:
        upgrade(folder, arguments[1:])
        return
    if arguments:
        # A management command; on a new computer there is neither a key nor a database yet.
        install(wanted_requirements())
        make_secret_key(folder)
        os.chdir(BASE)
        command = [str(VENV_PYTHON), str(BASE / "manage.py"), *arguments]
        environment = {"SITE_SCHEME": "http", **os.environ}
        sys.exit(subprocess.run(command, env=environment).returncode)
    host = os.environ.get("HOST") or "127.0.0.1"
    port = os.environ.get("PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        stop(f"PORT={port} is not a port. Try: PORT=8000 make run")
    check_port(host, int(port))
    install(wanted_requirements())
    make_secret_key(folder)
    environment = {**os.environ, "HOST": host, "PORT": port}
    environment.setdefault("SITE_SCHEME", "http")
    # One arena, given back early: glibc's own way keeps 80 MB more for the workers.
    environment.setdefault("MALLOC_ARENA_MAX", "1")
    environment.setdefault("MALLOC_TRIM_THRESHOLD_", "65536")
    if host == "0.0.0.0":  # noqa: S104 (compared, not bound)
        environment.setdefault("ALLOWED_HOSTS", ",".join(lan_names()))
    command = [str(VENV_PYTHON), str(BASE / "manage.py"), "serve", "--prepare"]
    if os.name == "nt":
        sys.exit(subprocess.run(command, env=environment).returncode)
    os.chdir(BASE)
    os.execve(command[0], command, environment)  # noqa: S606 (our own command, no shell)


if __name__ == "__main__":
    main(sys.argv[1:])
