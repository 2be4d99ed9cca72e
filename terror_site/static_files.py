"""How static files are named and compressed when a school collects them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between our own ES modules to hashed names.

    Django can do that for every script, but its pattern trips over comments in
    other packages' files, so it is switched on for our folder only. The
    attribute is private to Django: `tests/test_project.py` pins it.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "terror_site/js/*.js",
            CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[
                1
            ],
        ),
    )
