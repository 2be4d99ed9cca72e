"""The calendar file against RFC 5545, read by a reader of its own."""

import datetime
import re

from django.urls import reverse

from assessments import calendar_feed
from assessments.models import Assignment, AssignmentStudent
from tests.base import SchoolTestCase
from tests.factories import make_arrangement, make_assignment, make_question

NOW = datetime.datetime(2026, 11, 26, 8, 30, tzinfo=datetime.UTC)


def read(data):
    """Return [(name, value)] of a calendar's lines, by the standard's own grammar.

    3.1: lines end in CRLF and have at most 75 octets; a line that begins with a
    space goes on from the one before. 3.3.11: a backslash escapes.
    """
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    raw = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in raw), max(map(len, raw))
    # Unfolded as text: whoever cuts a character in two fails to decode here.
    lines = [line.decode("utf-8") for line in raw]
    unfolded = []
    for line in lines:
        if line.startswith(" "):
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    return [tuple(line.split(":", 1)) for line in unfolded]


def plain(value):
    signs = {"n": "\n", "N": "\n"}
    return re.sub(r"\\(.)", lambda found: signs.get(found[1], found[1]), value)


def events(data):
    found, here = [], None
    for name, value in read(data):
        if (name, value) == ("BEGIN", "VEVENT"):
            here = {}
        elif (name, value) == ("END", "VEVENT"):
            found.append(here)
        elif here is not None:
            assert name not in here
            here[name] = value
    return found


def test_every_text_comes_back_as_it_was():
    texts = [
        "Plain", "comma, semicolon; backslash \\ colon: “quotes”", "two\nlines\n",
        "Ünïcödé – ’" * 20, "👩‍👩‍👧‍👦" * 12, "x" * 200, "\\n is not a line end", "a\\;b", "",
        "é" * 75,
    ]  # fmt: skip
    made = calendar_feed.written(
        "10B/Hi1, history",
        [
            calendar_feed.Event(f"u{number}", NOW, text, text, "https://x.test/?a=1,2")
            for number, text in enumerate(texts)
        ],
        NOW,
    )

    data = made.encode()
    assert [plain(event["SUMMARY"]) for event in events(data)] == texts
    assert [plain(event["DESCRIPTION"]) for event in events(data)] == texts
    assert {event["URL"] for event in events(data)} == {"https://x.test/?a=1,2"}
    assert dict(read(data))["X-WR-CALNAME"] == "10B/Hi1\\, history"


def test_signs_that_no_calendar_may_hold_are_left_out():
    assert calendar_feed.escaped("a\x00b\x07c\td\r\ne\rf") == "abc\td\\ne\\nf"


def test_a_line_of_75_octets_stays_whole_and_one_more_is_folded():
    assert calendar_feed.folded("x" * 75) == "x" * 75
    assert calendar_feed.folded("x" * 76) == "x" * 75 + "\r\n x"
    # 74 octets and a letter of two: the letter goes on the next line as a whole.
    assert calendar_feed.folded("x" * 74 + "é") == "x" * 74 + "\r\n é"


def test_moments_are_in_utc():
    summer = datetime.timezone(datetime.timedelta(hours=1))

    assert calendar_feed.moment(NOW) == "20261126T083000Z"
    assert calendar_feed.moment(NOW.astimezone(summer)) == "20261126T083000Z"


class CalendarTest(SchoolTestCase):
    def dates(self, person):
        self.sign_in(person)
        response = self.client.get(reverse("assessments:calendar", args=[self.hi1.pk]))
        self.assertEqual(response["Content-Type"], "text/calendar; charset=utf-8")
        self.assertIn('filename="10b-hi1.ics"', response["Content-Disposition"])
        return {event["UID"]: event for event in events(response.content)}

    def test_a_students_calendar_has_their_own_dates_and_tasks(self):
        later = self.assignment.due_at + datetime.timedelta(days=2)
        make_arrangement(self.assignment, self.sam, due_at=later)
        excused = make_assignment(make_question(slug="e"), self.hi1, self.ada)
        make_arrangement(excused, self.sam, absence=AssignmentStudent.Absence.EXCUSED)
        others = make_assignment(make_question(slug="o"), self.hi1, self.ada)
        Assignment.objects.filter(pk=others.pk).update(audience="chosen")
        soon = make_assignment(make_question(slug="s"), self.hi1, self.ada, opened=-1)

        sams = self.dates("sam")
        self.assertEqual(list(sams), [f"assignment-{self.assignment.pk}@testserver"])
        (event,) = sams.values()
        self.assertEqual(event["DTSTART"], later.strftime("%Y%m%dT%H%M%SZ"))
        self.assertIn("How far do you agree", plain(event["DESCRIPTION"]))
        adas = self.dates("ada")
        self.assertEqual(len(adas), 4)
        self.assertEqual(
            adas[f"assignment-{self.assignment.pk}@testserver"]["DTSTART"],
            self.assignment.due_at.strftime("%Y%m%dT%H%M%SZ"),
        )
        self.assertIn(f"assignment-{soon.pk}@testserver", adas)

    def test_notes_for_staff_and_question_drafts_stay_out(self):
        make_arrangement(self.assignment, self.sam, note="STAFF-ONLY")
        self.question.published_at = None
        self.question.wording = "A DRAFT"
        self.question.save()
        Assignment.objects.update(note="Bring it; please, on paper.")

        (event,) = self.dates("sam").values()
        self.assertEqual(plain(event["DESCRIPTION"]), "Bring it; please, on paper.")
        self.assertNotIn("STAFF-ONLY", str(event))

    def test_it_costs_the_same_with_one_task_and_with_thirty(self):
        self.sign_in("sam")
        address = reverse("assessments:calendar", args=[self.hi1.pk])
        self.client.get(address)
        with self.assertNumQueries(7):
            self.client.get(address)
        for number in range(30):
            make_assignment(make_question(slug=f"q{number}"), self.hi1, self.ada)
        # Once before: the school's own row is remembered for a few seconds.
        self.client.get(address)
        with self.assertNumQueries(7):
            self.assertEqual(len(events(self.client.get(address).content)), 31)
