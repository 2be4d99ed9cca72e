"""Bring shipped lessons up to date; what a teacher edited stays."""

from django.core.management.base import BaseCommand

from terror_site import content


class Command(BaseCommand):
    help = (
        "Loads the lessons that come with this version. Rows that somebody at "
        "the school has edited are left alone and listed. Running it again "
        "changes nothing."
    )

    def handle(self, *args, **options):
        report = content.load(content.shipped_rows())
        if options["verbosity"] > 1 or report.changed:
            for label in report.kept:
                self.stdout.write(f"  left as it is: {label}")
        self.stdout.write(f"Content: {report}.")
