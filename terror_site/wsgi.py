"""WSGI entry point, for granian or any other WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from terror_site import telemetry

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "terror_site.settings")

telemetry.start()
application = get_wsgi_application()
