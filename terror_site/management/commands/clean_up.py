"""What a school's timer runs at night."""

from django.core.management.base import BaseCommand

from assessments import erasing
from people import attempts, audit
from people.models import Session
from people.sessions import SessionStore


class Command(BaseCommand):
    help = (
        "Deletes sign-ins that have run out and counts of wrong passwords that no "
        "longer matter, and the addresses of acts in the audit log that are over 30 "
        "days old; erases students whose erasure was asked for seven days ago. Run it "
        "once a day; nothing else goes."
    )

    def handle(self, *args, **options):
        before = Session.objects.count()
        SessionStore.clear_expired()
        self.stdout.write(f"{before - Session.objects.count()} old sign-ins deleted.")
        self.stdout.write(f"{attempts.forget_old()} old counts deleted.")
        self.stdout.write(f"{audit.forget_addresses()} old addresses deleted.")
        erased, held = erasing.carry_out_due()
        self.stdout.write(f"{erased} students erased.")
        if held:
            self.stdout.write(
                f"{held} not yet: they are writing something that is not due yet."
            )
