"""What is kept no longer: shown, and with `--apply` deleted."""

from django.core.management.base import BaseCommand

from assessments import retention


class Command(BaseCommand):
    help = (
        "Says what has been kept as long as the school settings allow, and with "
        "--apply deletes it. Without it nothing changes."
    )

    def add_arguments(self, parser):
        parser.add_argument("--apply", action="store_true", help="delete it")

    def handle(self, *args, **options):
        kinds = retention.run() if options["apply"] else retention.preview()
        for kind in kinds:
            if kind.count is None:
                self.stdout.write(f"{kind.title}: never, by the school settings.")
            else:
                self.stdout.write(
                    f"{kind.title}, before {kind.before:%d %b %Y}: {kind.count}."
                )
        self.stdout.write(
            "Done."
            if options["apply"]
            else "Nothing was changed: add --apply to do it."
        )
