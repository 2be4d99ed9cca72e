"""The bare Django floor, served beside the product (DECISIONS 37)."""

import contextlib
import os
import subprocess
import sys
import time

from tests.site import BASE, free_port


@contextlib.contextmanager
def floor(site):
    """Serve the floor on the site's own database, with the site's own server."""
    port = free_port()
    code = (
        "from granian.server import Server; from granian.constants import Interfaces;"
        "import os; Server('terror_site.wsgi:application', address='127.0.0.1',"
        f"port={port}, interface=Interfaces.WSGI, workers=os.cpu_count(),"
        "blocking_threads=2, backlog=2048, log_level='warning', "
        "websockets=False).serve()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=BASE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.floor.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "SITE_SCHEME": "http",
            "DATABASE_URL": site.database,
        },
    )
    try:
        time.sleep(2)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=10)
