"""Take the demonstration school out of the database."""

from django.core.management.base import BaseCommand

from terror_site import demo


class Command(BaseCommand):
    help = (
        "Deletes the demonstration school's people and classes, its name and its "
        "file of sign-ins. Everything that your school has made stays. The next "
        "start prints the link with which the real school is set up."
    )

    def handle(self, *args, **options):
        people, classes, kept = demo.remove()
        for group in kept:
            self.stdout.write(
                f"  the class {group} stays: it has people of your school in it"
            )
        self.stdout.write(
            f"Demonstration removed: {people} people and {classes} classes. "
            "Nothing else was touched."
        )
