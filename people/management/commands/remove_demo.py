"""Take the demonstration school out of the database."""

from django.core.management.base import BaseCommand

from people import demo


class Command(BaseCommand):
    help = (
        "Deletes the demonstration school's people and classes, its name and its "
        "file of sign-ins. Everything that your school has made stays. The next "
        "start prints the link with which the real school is set up."
    )

    def handle(self, *args, **options):
        people, classes = demo.remove()
        self.stdout.write(
            f"Demonstration removed: {people} people and {classes} classes. "
            "Nothing else was touched."
        )
