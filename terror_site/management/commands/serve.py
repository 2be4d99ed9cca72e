"""The production server."""

import gc
import os

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections
from granian.constants import Interfaces
from granian.server import Server

from terror_site.management.commands.prepare import Command as Prepare, sign_in_lines


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
        name = settings.ALLOWED_HOSTS[-1] if host in ("0.0.0.0", "::") else host  # noqa: S104
        address = f"http://{name}:{port}"
        lines = ["", *sign_in_lines(address), "", f"Open {address}   (Ctrl+C stops it)"]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        connections.close_all()
        # Workers are forked: what is loaded now stays shared between them.
        gc.collect()
        gc.freeze()
        Server(
            "terror_site.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=os.cpu_count() or 1,
            blocking_threads=2,
            backlog=2048,
            log_level="warning",
            respawn_failed_workers=True,
            websockets=False,
        ).serve()
