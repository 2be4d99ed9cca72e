"""The server ends when it is told to, also when it is told twice."""

import subprocess
import sys
import textwrap

import pytest

# Python deals with a signal between any two steps of the main thread: here with one
# before each line of what the server waits on.
INTERRUPTED = """
    import sys, threading
    {event}

    def interrupt(frame, kind, _value):
        if kind == "line":
            sys.settrace(None)
            frame.f_trace = None
            event.set()
            sys.settrace(trace)
            frame.f_trace = interrupt
        return interrupt

    def trace(frame, _kind, _value):
        return interrupt if frame.f_code.co_filename == file else None

    file = type(event).set.__code__.co_filename
    sys.settrace(trace)
    event.set()
    event.wait()
    event.clear()
    event.wait()
    sys.settrace(None)
    print("on it goes", event.is_set())
"""
OURS = "from terror_site.serving import Interruption; event = Interruption()"
PYTHONS = "event = threading.Event()"


def run(event, seconds):
    script = textwrap.dedent(INTERRUPTED).format(event=event)
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=True,
    ).stdout


def test_a_signal_at_any_moment_hangs_nothing():
    assert run(OURS, 30) == "on it goes True\n"


def test_an_event_of_python_would_hang():
    with pytest.raises(subprocess.TimeoutExpired):
        run(PYTHONS, 3)
