"""Errors to a Sentry and traces to an OpenTelemetry collector of the school's own.

Both are off, and nothing is sent anywhere, unless SENTRY_DSN or
OTEL_EXPORTER_OTLP_ENDPOINT name one. What leaves is listed here by name: types and
places of errors, names of pages, times. Never an address, a name or a typed word.
"""

import importlib

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from terror_site import request_ids
from terror_site.version import VERSION

_EVENT = ("event_id", "timestamp", "level", "platform", "release", "logger", "type")
_FRAME = ("filename", "function", "module", "lineno", "in_app")


def _package(name, setting, part):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{setting} is set, but its package is missing: .venv/bin/python -m pip "
            f"install --require-hashes -r requirements-{part}.txt"
        ) from error


def start():
    """Start what the settings ask for, in each process that serves."""
    if settings.SENTRY_DSN:
        _package("sentry_sdk", "SENTRY_DSN", "sentry").init(
            dsn=settings.SENTRY_DSN,
            release=VERSION,
            before_send=without_words,
            before_breadcrumb=lambda crumb, hint: None,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            send_default_pii=False,
            auto_session_tracking=False,
            send_client_reports=False,
            server_name="",
        )
    if settings.OTEL_ENDPOINT:
        name = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
        exporter = _package(name, "OTEL_EXPORTER_OTLP_ENDPOINT", "otel")
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        batches = importlib.import_module("opentelemetry.sdk.trace.export")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        api = importlib.import_module("opentelemetry.trace")
        provider = sdk.TracerProvider(
            resource=resources.Resource(
                {"service.name": "history-classroom", "service.version": VERSION}
            )
        )
        provider.add_span_processor(
            batches.BatchSpanProcessor(exporter.OTLPSpanExporter())
        )
        api.set_tracer_provider(provider)


def without_words(event, hint):
    """Return what of an error may leave: kept by name, so that nothing new slips out."""
    kept = {name: event[name] for name in _EVENT if name in event}
    kept["tags"] = {"request_id": request_ids.current()}
    values = (event.get("exception") or {}).get("values", [])
    kept["exception"] = {
        "values": [
            {
                "type": value.get("type"),
                "module": value.get("module"),
                "stacktrace": {
                    "frames": [
                        {name: frame[name] for name in _FRAME if name in frame}
                        for frame in (value.get("stacktrace") or {}).get("frames", [])
                    ]
                },
            }
            for value in values
        ]
    }
    return kept


class TraceMiddleware:
    """One span for each request, under the name of its page, not its address."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.tracer = importlib.import_module("opentelemetry.trace").get_tracer(
            __name__
        )

    def __call__(self, request):
        with self.tracer.start_as_current_span(request.method) as span:
            response = self.get_response(request)
            match = request.resolver_match
            page = match.view_name or match.route if match else "none"
            span.update_name(f"{request.method} {page}")
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute("request_id", request_ids.current())
        return response
