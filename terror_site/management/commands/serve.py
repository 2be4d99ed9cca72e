"""The production server."""

import gc
import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from granian.constants import Interfaces, SSLProtocols
from granian.server import Server

from terror_site import room, serving, storage
from terror_site.management.commands.prepare import Command as Prepare, sign_in_lines


def public_address(host, port):
    """Return the address under which people open the site.

    With HTTPS that is the proxy's, under the school's name for it; the set-up link
    must never be opened in clear.
    """
    names = [
        name
        for name in settings.ALLOWED_HOSTS
        if name not in ("localhost", "127.0.0.1", "[::1]")
    ]
    if settings.IS_HTTPS and settings.TLS_CERTIFICATE:
        return f"https://{names[0] if names else host}:{port}"
    if settings.IS_HTTPS:
        return f"https://{names[0] if names else host}"
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        host = names[0] if names else "localhost"
    return f"http://{host}:{port}"


def tls_files():
    """Return a school's own certificate and key for the server, if it has one."""
    told = (settings.TLS_CERTIFICATE, settings.TLS_KEY)
    if not any(told):
        return {}
    missing = [str(path) for path in told if not path or not Path(path).is_file()]
    if missing:
        raise CommandError(
            "TLS_CERTIFICATE and TLS_KEY must both name a file that can be read; "
            f"this is none: {missing[0] or 'nothing'}."
        )
    return {
        "ssl_cert": Path(settings.TLS_CERTIFICATE),
        "ssl_key": Path(settings.TLS_KEY),
        "ssl_protocol_min": SSLProtocols.tls12,
    }


class Command(BaseCommand):
    help = (
        "Serves the site with granian: as many workers as cores, two threads "
        "each, a worker that dies is started again. HOST and PORT say where."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="first do what `manage.py prepare` does",
        )

    def handle(self, *args, **options):
        host = os.environ.get("HOST", "127.0.0.1")
        port = settings.PORT
        if options["prepare"]:
            Prepare(stdout=self.stdout, stderr=self.stderr).handle()
        else:
            room.give_back_if_short()
            storage.check()
        own_tls = tls_files()
        # Held until this process ends: nobody restores under a site that runs.
        self.serving = serving.hold()
        address = public_address(host, port)
        lines = ["", *sign_in_lines(address), "", f"Open {address}   (Ctrl+C stops it)"]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        connections.close_all()
        # Workers are forked: what is loaded now stays shared between them.
        gc.collect()
        gc.freeze()
        server = Server(
            "terror_site.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=os.cpu_count() or 1,
            blocking_threads=2,
            backlog=2048,
            log_level="warning",
            respawn_failed_workers=True,
            # Ctrl+C must end it even where a worker does not listen.
            workers_kill_timeout=5,
            websockets=False,
            **own_tls,
        )
        server.main_loop_interrupt = serving.Interruption()
        server.serve()
