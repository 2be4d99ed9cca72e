"""Look at everything that can be wrong with this installation."""

import sys

from django.core.management.base import BaseCommand

from terror_site import doctor


class Command(BaseCommand):
    help = (
        "Looks at versions, database, disks, rights, clock, backup, proxy and HTTPS and "
        "says what to do. Changes nothing. Ends with 1 where there is a fault. Run it "
        "with the settings that the site runs with."
    )
    # What they would refuse is what is to be found out.
    requires_system_checks = []

    def handle(self, *args, **options):
        found = doctor.examine()
        for state, about, said in found:
            self.stdout.write(f"{state:<8} {about}: {said}")
        faults = sum(finding.state == doctor.FAULT for finding in found)
        warnings = sum(finding.state == doctor.WARN for finding in found)
        self.stdout.write(
            f"Looked at {len(found)} things: {faults} to mend, {warnings} to think about."
        )
        if faults:
            sys.exit(1)
