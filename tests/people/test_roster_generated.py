"""Two thousand generated rosters: a letter or one sentence, never an exception.

And the figure: a school of 1,200 in at most 20 seconds.
"""

import io
import random
import time
import zipfile

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from people import enrolling, roster
from people.models import Enrolment, User
from tests.base import SchoolTestCase
from tests.people.test_roster_letters import CASES, MONDAY, everything, roster_of

SEEDS = [roster_of(case).read_bytes() for case in CASES]
MOST_SECONDS = 20
PIECES = (
    b'"', b",", b";", b"\t", b"\n", b"\r", b"\0", b"=1+1", b"@SUM(A1)", b"\xff\xfe",
    b"\xef\xbb\xbf", b"Surname", b"UPN", b"10B/Hi1", b"1e999", b"\xc3\x28", b"%PDF",
    b"PK\x03\x04", b"<x>", b"A" * 5000, b"9" * 400, "\u202e".encode(), b"Total",
    b"31/02/2026", b"01/01/0001", b"9999-12-31", b"''", b"-", b"Year -10", b"\x1b",
)  # fmt: skip


def damaged(seed, rng):
    """Return a roster with a few things done to it."""
    data = bytearray(seed)
    for _count in range(rng.randint(1, 12)):
        at = rng.randint(0, len(data))
        act = rng.randint(0, 3)
        if act == 0:
            data[at:at] = rng.choice(PIECES)
        elif act == 1:
            del data[at : at + rng.randint(1, 40)]
        elif act == 2 and at < len(data):
            data[at] = rng.randint(0, 255)
        else:
            data[at : at + 3] = rng.choice(PIECES)
    return bytes(data)


def damaged_workbook(seed, rng):
    """Return a workbook of which one part is damaged and packed whole again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seed)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        hit = rng.choice(names)
        for name in names:
            data = old.read(name)
            new.writestr(name, damaged(data, rng) if name == hit else data)
    return out.getvalue()


def generated(count, seed):
    rng = random.Random(seed)
    for _count in range(count):
        data = rng.choice(SEEDS)
        if data.startswith(b"PK") and rng.random() < 0.7:
            yield damaged_workbook(data, rng)
        else:
            yield damaged(data, rng)


@pytest.mark.django_db
@pytest.mark.goal("G64", "2,000 generated rosters: 0 exceptions")
@time_machine.travel(MONDAY, tick=False)
def test_no_roster_makes_the_reader_fall(reached):
    letters = faults = 0
    for data in generated(2_000, seed=8):
        try:
            upload = enrolling.read("list.csv", data, enrolling.Options())
        except roster.FileError as error:
            assert str(error).endswith(".")
            faults += 1
        else:
            assert enrolling.dry_run(upload).letter
            assert enrolling.Upload.unpack(upload.pack()) == upload
            letters += 1
    # Both happen, or the damage is of one kind only.
    assert letters > 300
    assert faults > 300
    reached(f"{letters} letters, {faults} refused with a sentence, 0 exceptions")


class EndpointTest(SchoolTestCase):
    @time_machine.travel(MONDAY, tick=False)
    def test_no_roster_makes_the_page_fall(self):
        self.client.force_login(self.dee)
        page = reverse("admin:people_student_import")
        before = everything()
        for number, data in enumerate(generated(200, seed=28)):
            file = SimpleUploadedFile(f"list{number}.csv", data)
            answer = self.client.post(
                page, {"file": file, "only": "", "cohort": "x"[: number % 2]}
            )
            self.assertIn(answer.status_code, (200, 422))
        self.assertEqual(everything(), before)


def school_of(count):
    """Return the export of a school: the UPNs' letters by the rule, in five years."""
    lines = ["UPN,Adno,Surname,Forename,Preferred Forename,Year,Class"]
    for n in range(count):
        digits = f"801400{21 + n % 5}{n:04}"
        total = sum(place * int(digit) for place, digit in enumerate(digits, 2))
        letter = "ABCDEFGHJKLMNPQRTUVWXYZ"[total % 23]
        year = 7 + n % 5
        lines.append(
            f"{letter}{digits},{n:06},Surname{chr(97 + n % 26)}{chr(97 + n // 26 % 26)},"
            f"Forename{chr(97 + n // 7 % 26)},,{year},{year}B/Hi{n // 150 + 1}"
        )
    return "\r\n".join(lines).encode()


@pytest.mark.django_db
@pytest.mark.goal("Roster 1200", "1,200 students in at most 20 s")
@time_machine.travel(MONDAY)
def test_a_school_of_1200_is_in_within_20_seconds(reached):
    data = school_of(1_200)
    start = time.perf_counter()
    upload = enrolling.read("school.csv", data, enrolling.Options())
    letter = enrolling.dry_run(upload).letter
    outcome = enrolling.carry_out(upload)
    seconds = time.perf_counter() - start
    assert "New (1200)" in letter
    assert outcome.is_applied
    assert len(outcome.made) == Enrolment.objects.count() == 1_200
    assert User.objects.filter(memberships__isnull=False).distinct().count() == 1_200
    assert seconds < MOST_SECONDS
    again = enrolling.dry_run(upload)
    assert again.plan.unchanged == 1_200
    reached(f"{seconds:.1f} s from the file to the last row")
