"""Forms and schemes in the admin: ladders, freezing, versions, comparison, forms.

Bands, tariffs and ceilings are typed from the guide's catalogue (section 2).
"""

import json

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import (
    Ceiling,
    Duration,
    ExamPaper,
    Level,
    Mark,
    MarkingPoint,
    MarkScheme,
    Question,
    QuestionType,
    SchemeEdit,
    Strand,
)
from lessons.models import ShippedRow
from tests.base import SchoolTestCase
from tests.factories import (
    EDX3D,
    make_assignment,
    make_mark,
    make_question,
    make_scheme,
    make_script,
)

PREFIXES = {"levels": Level, "points": MarkingPoint, "ceilings": Ceiling}


def formset(prefix, rows, existing=0):
    """Return a formset's data: the management form and the rows."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": existing}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def level(number, low, high, **more):
    words = {"for_student": f"Student {number}.", "for_marker": f"Marker {number}."}
    return {"number": number, "lowest_mark": low, "highest_mark": high} | words | more


def point(order, **more):
    words = {"name": f"Point {order}", "for_student": "s", "for_marker": "m"}
    return {"order": order} | words | more


def ceiling(condition, highest, in_level=0):
    return {
        "condition": condition,
        "highest_mark": highest,
        "level_number": in_level,
        "is_firm": "on",
    }


def scheme_data(levels=(), points=(), ceilings=(), **fields):
    return {
        "name": "IGCSE essay", "series": "2026", "tariff": 10,
        **formset("levels", levels),
        **formset("points", points),
        **formset("ceilings", ceilings),
    } | fields  # fmt: skip


FIVE = [level(n, 2 * n - 1, 2 * n) for n in range(1, 6)]


def saved_data(scheme, **fields):
    """Return what the scheme's own page would post, unchanged."""
    data = {
        "name": scheme.name,
        "series": scheme.series,
        "tariff": scheme.tariff,
    }
    for prefix, rows in (
        ("levels", [
            level(
                row.number, row.lowest_mark, row.highest_mark, id=row.pk,
                scheme=scheme.pk, for_student=row.for_student,
                for_marker=row.for_marker,
            )
            for row in scheme.levels.all()
        ]),
        ("points", [
            point(row.order, id=row.pk, scheme=scheme.pk, needs=row.needs_id or "")
            for row in scheme.points.all()
        ]),
        ("ceilings", [
            ceiling(row.condition, row.highest_mark, row.level_number)
            | {"id": row.pk, "scheme": scheme.pk}
            for row in scheme.ceilings.all()
        ]),
    ):  # fmt: skip
        data |= formset(prefix, rows, len(rows))
    return data | fields


def everything(scheme):
    """Return every number and word of a scheme, to be compared."""
    scheme = MarkScheme.objects.get(pk=scheme.pk)
    return [
        (scheme.name, scheme.series, scheme.tariff),
        *scheme.levels.values_list(
            "number", "lowest_mark", "highest_mark", "for_student", "for_marker"
        ),
        *Strand.objects.filter(level__scheme=scheme).values_list(
            "level__number", "letter", "name", "for_student", "for_marker"
        ),
        *scheme.points.values_list("order", "name", "needs__order"),
        *scheme.ceilings.values_list(
            "condition", "level_number", "highest_mark", "is_firm"
        ),
    ]


def ship(row):
    ShippedRow.objects.create(
        model=row._meta.label_lower,
        key=json.dumps(row.natural_key(), ensure_ascii=False),
        fields=[],
        content_hash="x",
    )


class SchemesTestCase(SchoolTestCase):
    add = "/admin/assessments/markscheme/add/"

    def setUp(self):
        self.scheme = self.question.mark_scheme
        self.sign_in("hal")

    def address(self, verb, row=None):
        row = row or self.scheme
        return reverse(
            f"admin:assessments_{row._meta.model_name}_{verb}", args=[row.pk]
        )

    def sentences(self, response):
        """Return every error of the page's forms as (field, sentence)."""
        found = []
        form = response.context["adminform"].form
        sets = [f.formset for f in response.context["inline_admin_formsets"]]
        for one in (form, *(row for part in sets for row in part.forms)):
            for field, errors in one.errors.items():
                found += [(field, sentence) for sentence in errors]
        for part in sets:
            found += [("", sentence) for sentence in part.non_form_errors()]
        return found


class LadderTest(SchemesTestCase):
    def test_a_scheme_of_any_tariff_and_number_of_levels_is_made(self):
        response = self.client.post(
            self.add,
            scheme_data(
                FIVE, ceilings=[ceiling("no judgement", 8), ceiling("x", 3, 2)]
            ),
        )

        self.assertRedirects(response, "/admin/assessments/markscheme/")
        scheme = MarkScheme.objects.get(name="IGCSE essay")
        bands = [row.band for row in scheme.levels.order_by("number")]
        self.assertEqual(bands, [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)])
        self.assertEqual(scheme.ceilings.count(), 2)

    def test_a_scheme_of_points_is_made(self):
        self.client.post(
            self.add, scheme_data(points=[point(n) for n in (1, 2, 3)], tariff=3)
        )

        self.assertEqual(MarkScheme.objects.get(name="IGCSE essay").points.count(), 3)

    def test_a_bad_scheme_is_refused_with_field_reason_and_cure(self):
        gap = [*FIVE[:1], level(2, 4, 4), *FIVE[2:]]
        overlap = [*FIVE[:1], level(2, 2, 4), *FIVE[2:]]
        cases = [
            (
                {"levels": gap},
                ("lowest_mark", "No level has mark 3. Let level 2 begin there."),
            ),
            (
                {"levels": overlap},
                (
                    "lowest_mark",
                    "Mark 2 is in two levels. Let level 2 begin at 3.",
                ),
            ),
            (
                {"levels": FIVE[:4]},
                (
                    "highest_mark",
                    "The levels end at 8, but the question has 10 marks. Change the top "
                    "level or the tariff.",
                ),
            ),
            (
                {"levels": [FIVE[0], FIVE[2]]},
                ("number", "Level 2 is missing. Number from 1."),
            ),
            (
                {"levels": [FIVE[0], FIVE[0]]},
                ("", "Level 1 stands here twice. Change one of the two rows."),
            ),
            (
                {},
                (
                    "__all__",
                    "The scheme has no levels yet. Add levels that cover 1 to 10, or one "
                    "point for each mark.",
                ),
            ),
            (
                {"levels": FIVE, "points": [point(1)]},
                (
                    "__all__",
                    "The scheme has levels and points. Delete the levels, or delete the "
                    "points.",
                ),
            ),
            (
                {"points": [point(1), point(2)], "tariff": 3},
                (
                    "tariff",
                    "There are 2 points, but the question has 3 marks. A point is one "
                    "mark: give 3 points, or set the tariff to 2.",
                ),
            ),
            (
                {"points": [point(1), point(3)], "tariff": 2},
                ("order", "Point 2 is missing. Number from 1."),
            ),
            (
                {"levels": FIVE, "ceilings": [ceiling("c", 11)]},
                (
                    "highest_mark",
                    "The ceiling of 11 lies above the scheme’s tariff. Lower it to 10 or "
                    "less.",
                ),
            ),
            (
                {"levels": FIVE, "ceilings": [ceiling("c", 5, 2)]},
                (
                    "highest_mark",
                    "The ceiling of 5 lies outside level 2 (3–4). Give it a mark of that "
                    "level, or name another level.",
                ),
            ),
            (
                {"levels": FIVE, "ceilings": [ceiling("c", 5, 6)]},
                (
                    "level_number",
                    "The scheme has no level 6 (it has: 1, 2, 3, 4, 5). Name one of "
                    "those, or 0 for every level.",
                ),
            ),
        ]
        before = MarkScheme.objects.count(), Level.objects.count()
        for sent, expected in cases:
            with self.subTest(expected=expected):
                response = self.client.post(self.add, scheme_data(**sent))
                self.assertEqual(self.sentences(response), [expected])
                after = MarkScheme.objects.count(), Level.objects.count()
                self.assertEqual(after, before)

    def test_a_refused_change_keeps_nothing_of_it(self):
        before = everything(self.scheme)
        data = saved_data(self.scheme, name="Another name")
        data |= {"levels-0-for_student": "Other words.", "levels-1-lowest_mark": 8}

        response = self.client.post(self.address("change"), data)

        self.assertEqual(
            self.sentences(response),
            [("lowest_mark", "No level has mark 7. Let level 3 begin there.")],
        )
        self.assertEqual(everything(self.scheme), before)

    def test_values_that_are_no_numbers_are_refused_in_their_row(self):
        cases = [{"levels-0-highest_mark": "x"}, {"ceilings-0-highest_mark": ""}]
        for wrong in (*cases, {"tariff": "x"}, {"ceilings-1-level_number": "-1"}):
            with self.subTest(wrong=wrong):
                response = self.client.post(
                    self.address("change"), saved_data(self.scheme) | wrong
                )
                self.assertTrue(self.sentences(response))

    def test_levels_change_places_and_move_down_in_one_save(self):
        scheme = make_scheme("Three", [(1, 2), (3, 4), (5, 6)])
        top, middle, bottom = scheme.levels.all()
        data = saved_data(scheme, tariff=4)
        data |= {
            "levels-0-number": 2, "levels-0-lowest_mark": 3, "levels-0-highest_mark": 4,
            "levels-1-number": 1, "levels-1-lowest_mark": 1, "levels-1-highest_mark": 2,
            "levels-2-DELETE": "on",
        }  # fmt: skip

        response = self.client.post(self.address("change", scheme), data)

        self.assertEqual(response.status_code, 302)
        self.assertEqual(list(scheme.levels.all()), [top, middle])
        self.assertEqual(
            list(scheme.levels.values_list("number", "lowest_mark")), [(2, 3), (1, 1)]
        )
        self.assertFalse(Level.objects.filter(pk=bottom.pk).exists())

    def test_a_point_needs_an_earlier_one_of_its_own_scheme(self):
        scheme = MarkScheme.objects.create(name="P", series="1", tariff=2)
        first, second = (
            scheme.points.create(order=n, name=f"Point {n}", for_student="s",
                                 for_marker="m")
            for n in (1, 2)
        )  # fmt: skip
        foreign = MarkScheme.objects.create(name="Q", series="1", tariff=1)
        foreign = foreign.points.create(
            order=1, name="x", for_student="s", for_marker="m"
        )
        address = self.address("change", scheme)
        for needed, place in ((second, 0), (second, 1), (foreign, 1)):
            with self.subTest(needed=needed, place=place):
                response = self.client.post(
                    address, saved_data(scheme) | {f"points-{place}-needs": needed.pk}
                )
                self.assertEqual([f for f, _ in self.sentences(response)], ["needs"])

        self.client.post(address, saved_data(scheme) | {"points-1-needs": first.pk})
        second.refresh_from_db()
        self.assertEqual(second.needs, first)

    def test_questions_hold_the_tariff(self):
        response = self.client.post(
            self.address("change"), saved_data(self.scheme, tariff=13)
        )

        self.assertIn("A question for 12 marks uses this", dict(
            self.sentences(response))["tariff"])  # fmt: skip

    def test_teachers_read_and_do_not_write(self):
        self.sign_in("ada")
        page = self.client.get(self.address("change"))
        self.assertContains(page, "MARKER-WORDING 4.")
        self.assertNotContains(page, "New version")
        for address, data in (
            (self.address("change"), saved_data(self.scheme)),
            (self.add, scheme_data(FIVE)),
            (self.address("version"), {"name": "x", "series": "y"}),
            (self.address("change", self.scheme.levels.first()), {}),
            (self.address("copy", self.question.type), {}),
        ):
            with self.subTest(address=address):
                self.assertEqual(self.client.post(address, data).status_code, 403)

    def test_an_address_may_ask_for_more_empty_rows(self):
        for asked, rows in (("", 4), ("12", 12), ("999", 40), ("x", 4), ("9" * 50, 4)):
            with self.subTest(asked=asked):
                page = self.client.get(f"{self.add}?rows={asked}")
                levels = page.context["inline_admin_formsets"][0].formset
                self.assertEqual(levels.total_form_count(), rows)


class UsedSchemeTest(SchemesTestCase):
    def setUp(self):
        super().setUp()
        self.mark = make_mark(self.script, self.ada, mark=8)
        self.page = self.address("change")

    def used_data(self, **fields):
        return saved_data(self.scheme) | {"note": "A slip of the pen."} | fields

    def test_numbers_and_rows_stay_whatever_is_sent(self):
        before = everything(self.scheme)
        four = formset("levels", [{}] * 5)["levels-TOTAL_FORMS"]
        self.client.post(
            self.page,
            self.used_data(
                series="2031",
                tariff=99,
                **{
                    "levels-0-number": 9, "levels-0-lowest_mark": 2,
                    "levels-0-highest_mark": 30, "levels-1-DELETE": "on",
                    "levels-TOTAL_FORMS": four, "levels-4-number": 5,
                    "levels-4-lowest_mark": 13, "levels-4-highest_mark": 14,
                    "levels-4-for_student": "x", "levels-4-for_marker": "x",
                    "ceilings-0-highest_mark": 1, "ceilings-0-level_number": 1,
                    "ceilings-0-is_firm": "", "ceilings-1-DELETE": "on",
                },
            ),
        )  # fmt: skip

        self.assertEqual(everything(self.scheme), before)
        self.assertFalse(SchemeEdit.objects.exists())

    def test_a_drafts_scheme_is_frozen_as_well(self):
        Mark.objects.update(awarded_at=None)
        self.client.post(self.page, self.used_data(tariff=99))

        self.scheme.refresh_from_db()
        self.assertEqual(self.scheme.tariff, 12)

    def test_wording_changes_at_once_is_written_down_and_leaves_marks_alone(self):
        before = Mark.objects.values().get()
        top = self.scheme.levels.first()
        cap = self.scheme.ceilings.first()
        response = self.client.post(
            self.page,
            self.used_data(
                name="Another name",
                **{
                    "levels-0-for_student": "Two\r\nlines.",
                    "ceilings-0-condition": "only one bullet is used",
                },
            ),
        )

        self.assertEqual(response.status_code, 302)
        top.refresh_from_db()
        cap.refresh_from_db()
        self.assertEqual(top.for_student, "Two\nlines.")
        self.assertEqual(cap.condition, "only one bullet is used")
        self.assertEqual(Mark.objects.values().get(), before)
        self.assertCountEqual(
            SchemeEdit.objects.values_list("what", "before", "after", "note", "by"),
            [
                ("The scheme: Name", "AQA-P1A-Q6", "Another name",
                 "A slip of the pen.", self.hal.pk),
                ("Level 4: Wording for students", "Student wording 4.",
                 "Two\nlines.", "A slip of the pen.", self.hal.pk),
                ("Ceiling at 6: Condition", "only one bullet",
                 "only one bullet is used", "A slip of the pen.", self.hal.pk),
            ],
        )  # fmt: skip

    def test_a_browsers_line_ends_are_no_change(self):
        top = self.scheme.levels.first()
        Level.objects.filter(pk=top.pk).update(for_student="Two\nlines.")
        self.client.post(
            self.page, self.used_data(**{"levels-0-for_student": "Two\r\nlines."})
        )

        top.refresh_from_db()
        self.assertEqual(top.for_student, "Two\nlines.")
        self.assertFalse(SchemeEdit.objects.exists())

    def test_without_a_note_nothing_is_kept(self):
        before = everything(self.scheme)
        response = self.client.post(
            self.page, self.used_data(note=" ", **{"levels-0-for_student": "New."})
        )

        self.assertEqual(
            self.sentences(response),
            [("note", "Say why the words change: a few words are enough.")],
        )
        self.assertEqual(everything(self.scheme), before)

    def test_a_page_opened_before_the_first_mark_keeps_nothing(self):
        """Its numbers and words come without a note."""
        before = everything(self.scheme)
        response = self.client.post(
            self.page, saved_data(self.scheme, **{"levels-0-for_student": "New."})
        )

        self.assertEqual([f for f, _ in self.sentences(response)], ["note"])
        self.assertEqual(everything(self.scheme), before)

    def test_names_do_not_meet(self):
        MarkScheme.objects.create(name="Taken", series="2018", tariff=1)
        response = self.client.post(self.page, self.used_data(name="Taken"))
        self.assertEqual([f for f, _ in self.sentences(response)], ["name"])

        same = self.scheme.ceilings.last().condition
        response = self.client.post(
            self.page, self.used_data(**{"ceilings-0-condition": same})
        )
        self.assertIn("stands here twice", str(self.sentences(response)))

    def test_the_words_of_a_shipped_scheme_open_once_marks_stand_on_it(self):
        unused = make_scheme("Unused", [(1, 2), (3, 4)], [])
        for scheme in (self.scheme, unused):
            ship(scheme)
        used = self.client.post(self.page, self.used_data(name="Our name"))
        refused = self.client.post(self.address("change", unused), self.used_data())

        self.assertEqual(used.status_code, 302)
        self.scheme.refresh_from_db()
        self.assertEqual(self.scheme.name, "Our name")
        self.assertEqual(refused.status_code, 403)

    def test_a_levels_page_changes_strands_words_with_a_note(self):
        top = self.scheme.levels.first()
        strand = top.strands.create(letter="a", name="analysis", for_marker="m")
        data = {
            "for_student": top.for_student, "for_marker": top.for_marker,
            "note": "Clearer.",
            **formset("strands", [
                {"id": strand.pk, "level": top.pk, "letter": "z", "name": "Analysis",
                 "for_student": "", "for_marker": "m", "DELETE": "on"},
                {"letter": "b", "name": "new", "for_marker": "m", "level": top.pk},
            ], 1),
        }  # fmt: skip
        response = self.client.post(self.address("change", top), data | {"note": ""})
        self.assertEqual([f for f, _ in self.sentences(response)], ["note"])

        response = self.client.post(self.address("change", top), data)
        self.assertRedirects(response, self.address("change"))
        self.assertEqual(
            list(top.strands.values_list("letter", "name")), [("a", "Analysis")]
        )
        edit = SchemeEdit.objects.get()
        self.assertEqual(
            (edit.what, edit.before, edit.after, edit.scheme),
            ("Level 4, strand a: Name", "analysis", "Analysis", self.scheme),
        )

    def test_spag_marks_freeze_their_scheme(self):
        question = make_question(EDX3D, "edx")
        script = make_script(
            self.sam, make_assignment(question, self.hi1, self.ada), "x", hand_in=True
        )
        make_mark(script, self.ada, mark=11)
        scheme = question.spag_scheme
        self.client.post(
            self.address("change", scheme), saved_data(scheme, tariff=9, note="x")
        )

        scheme.refresh_from_db()
        self.assertEqual(scheme.tariff, 4)


class StrandTest(SchemesTestCase):
    def test_strands_are_added_and_change_letters_while_nothing_stands_on_them(self):
        top = self.scheme.levels.first()
        one = top.strands.create(letter="a", name="analysis", for_marker="m")
        two = top.strands.create(letter="b", name="reasoning", for_marker="m")
        rows = [
            {"id": row.pk, "level": top.pk, "letter": letter, "name": row.name,
             "for_student": "", "for_marker": "m"}
            for row, letter in ((one, "b"), (two, "a"))
        ]  # fmt: skip
        new = {"letter": "c", "name": "knowledge", "for_marker": "m"}
        response = self.client.post(
            self.address("change", top),
            {
                "for_student": "New words.",
                "for_marker": "m",
                **formset("strands", [*rows, new], 2),
            },
        )

        self.assertEqual(response.status_code, 302)
        self.assertEqual(
            list(top.strands.values_list("letter", "name")),
            [("a", "reasoning"), ("b", "analysis"), ("c", "knowledge")],
        )
        top.refresh_from_db()
        self.assertEqual((top.for_student, top.highest_mark), ("New words.", 12))

    def test_the_schemes_page_leads_to_each_level(self):
        page = self.client.get(self.address("change"))

        for row in self.scheme.levels.all():
            self.assertContains(page, self.address("change", row))


class ShippedSchemeTest(SchemesTestCase):
    def test_what_came_with_the_product_is_copied_to_be_changed(self):
        ship(self.scheme)
        before = everything(self.scheme)
        page = self.client.get(self.address("change"))
        self.assertContains(page, "came with the product")
        self.assertContains(page, self.address("version"))
        for address, data in (
            (self.address("change"), saved_data(self.scheme, name="x")),
            (self.address("change", self.scheme.levels.first()), {"for_student": "x"}),
        ):
            self.assertEqual(self.client.post(address, data).status_code, 403)
        self.assertEqual(everything(self.scheme), before)

        self.client.post(self.address("version"), {"name": "Ours", "series": "2027"})
        copy = MarkScheme.objects.get(name="Ours")
        self.client.post(
            self.address("change", copy), saved_data(copy, name="Ours too")
        )
        self.assertEqual(MarkScheme.objects.get(pk=copy.pk).name, "Ours too")


class VersionTest(SchemesTestCase):
    def setUp(self):
        super().setUp()
        self.top = self.scheme.levels.first()
        self.top.strands.create(letter="a", name="analysis", for_marker="m")
        self.mark = make_mark(self.script, self.ada, mark=8)

    def new_version(self):
        self.client.post(
            self.address("version"), {"name": self.scheme.name, "series": "2027"}
        )
        return MarkScheme.objects.get(series="2027")

    def switch(self, copy, *questions):
        return self.client.post(
            self.address("use", copy), {"questions": [q.pk for q in questions]}
        )

    def test_a_new_version_has_everything_and_is_free(self):
        copy = self.new_version()

        self.assertEqual(copy.supersedes, self.scheme)
        self.assertEqual(everything(copy)[1:], everything(self.scheme)[1:])
        self.assertEqual(
            everything(copy)[0], (self.scheme.name, "2027", self.scheme.tariff)
        )
        data = saved_data(copy)
        data |= {"ceilings-0-highest_mark": 5}
        self.client.post(self.address("change", copy), data)
        self.assertEqual(copy.ceilings.first().highest_mark, 5)
        self.assertEqual(self.scheme.ceilings.first().highest_mark, 6)

    def test_points_keep_what_they_need(self):
        old = MarkScheme.objects.create(name="P", series="1", tariff=2)
        one = old.points.create(order=1, name="x", for_student="s", for_marker="m")
        old.points.create(order=2, name="y", for_student="s", for_marker="m", needs=one)
        copy = old.make_version("P", "2")

        self.assertEqual(everything(copy)[1:], [(1, "x", None), (2, "y", 1)])
        self.assertEqual(copy.points.get(order=2).needs.scheme, copy)

    def test_a_version_that_exists_is_refused(self):
        count = MarkScheme.objects.count()
        response = self.client.post(
            self.address("version"), {"name": self.scheme.name, "series": "2018"}
        )

        self.assertContains(response, "That scheme exists for that series.")
        self.assertEqual(MarkScheme.objects.count(), count)

    def test_chosen_questions_are_switched_and_marks_keep_their_scheme(self):
        other = make_question(slug="another")
        copy = self.new_version()
        before = Mark.objects.values().get()
        response = self.switch(copy, self.question)

        self.assertRedirects(response, self.address("use", copy))
        self.question.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual(self.question.mark_scheme, copy)
        self.assertEqual(other.mark_scheme, self.scheme)
        self.assertEqual(Mark.objects.values().get(), before)
        self.assertEqual(before["scheme_id"], self.scheme.pk)
        page = self.client.get(self.address("use", copy))
        self.assertEqual([r["question"] for r in page.context["questions"]], [other])

    def test_a_spag_scheme_is_switched_as_such(self):
        question = make_question(EDX3D, "edx")
        old = question.spag_scheme
        copy = old.make_version(old.name, "2027")
        ladder = question.mark_scheme
        self.switch(copy, question)

        question.refresh_from_db()
        self.assertEqual((question.spag_scheme, question.mark_scheme), (copy, ladder))

    def test_an_older_version_is_found_through_those_between(self):
        newest = self.new_version().make_version(self.scheme.name, "2028")
        self.switch(newest, self.question)

        self.question.refresh_from_db()
        self.assertEqual(self.question.mark_scheme, newest)

    def test_questions_that_do_not_fit_are_left_with_a_sentence(self):
        copy = self.new_version()
        MarkScheme.objects.filter(pk=copy.pk).update(tariff=10)
        response = self.switch(copy, self.question)
        self.assertContains(response, "is asked for 12 marks, the scheme is for 10.")

        MarkScheme.objects.filter(pk=copy.pk).update(tariff=12)
        QuestionType.objects.update(is_point_marked=True)
        self.assertContains(self.switch(copy, self.question), "is marked by points")
        foreign = make_question(EDX3D, "edx")
        for chosen in ([], [foreign.pk], ["9" * 30]):
            response = self.client.post(
                self.address("use", copy), {"questions": chosen}
            )
            self.assertTrue(response.context["form"].errors)
        self.question.refresh_from_db()
        self.assertEqual(self.question.mark_scheme, self.scheme)

    def test_scripts_to_look_at_again_go_by_code_and_by_class(self):
        copy = self.new_version()
        theirs = make_script(
            self.tom,
            make_assignment(self.question, self.hi2, self.bea),
            "Tom’s answer.",
            hand_in=True,
        )
        make_mark(theirs, self.bea, mark=5)
        self.switch(copy, self.question)
        codes = {"ada": {self.script}, "bea": {theirs}, "hal": {self.script, theirs}}
        for name, expected in codes.items():
            with self.subTest(name=name):
                self.sign_in(name)
                page = self.client.get(self.address("use", copy))
                found = {mark.answer.script for mark in page.context["again"]}
                self.assertEqual(found, expected)
                for script in (self.script, theirs):
                    check = self.assertContains if script in found else (
                        self.assertNotContains
                    )  # fmt: skip
                    check(page, script.marking_code)
                for person in (self.sam, self.tom):
                    self.assertNotContains(page, person.last_name + ",")
                    self.assertNotContains(page, str(person))
        self.sign_in("ada")
        self.assertEqual(self.switch(copy, self.question).status_code, 403)

    def test_a_script_marked_again_is_off_the_list(self):
        copy = self.new_version()
        self.switch(copy, self.question)
        make_mark(self.script, self.ada, mark=7)

        page = self.client.get(self.address("use", copy))
        self.assertEqual(page.context["again"], [])

    def test_before_the_switch_the_marked_scripts_are_counted(self):
        page = self.client.get(self.address("use", self.new_version()))

        self.assertEqual(
            [(r["question"], r["marked"]) for r in page.context["questions"]],
            [(self.question, 1)],
        )
        self.assertEqual(page.context["again"], [])

    def test_a_draft_follows_its_question_without_its_old_level(self):
        script = make_script(self.una, self.assignment, "Una’s answer.", hand_in=True)
        draft = make_mark(script, self.ada, mark=8, award=False, ebi="Weigh both.")
        draft.ceilings.add(self.scheme.ceilings.first())
        script.start_marking()
        copy = self.new_version()
        self.switch(copy, self.question)
        desk = reverse("admin:assessments_script_mark", args=[script.public_id, 1])
        self.sign_in("ada")
        page = self.client.get(desk)

        self.assertEqual(page.context["mark"].scheme, copy)
        self.assertIsNone(page.context["mark"].level)
        self.assertEqual(page.context["chosen_level"], "")
        self.assertEqual(
            [row["level"].scheme for row in page.context["levels"]], [copy] * 4
        )
        self.assertContains(page, "Weigh both.")
        data = {
            "mark": 8, "ao1": 4, "ao2": 4, "_award": 1, "seen": 0,
            "seen_version": script.answers.get().handed_in_version_id,
        }  # fmt: skip
        old = self.scheme.levels.get(number=3)
        for chosen in (old.pk, ""):
            response = self.client.post(desk, data | {"level": chosen})
            self.assertEqual(response.status_code, 409)
        draft.refresh_from_db()
        self.assertIsNone(draft.level)
        self.assertEqual(draft.scheme, copy)
        level = copy.levels.get(number=3)
        response = self.client.post(desk, data | {"level": level.pk})
        draft.refresh_from_db()
        self.assertEqual((draft.level, draft.scheme), (level, copy))
        self.assertIsNotNone(draft.awarded_at)
        self.assertFalse(draft.ceilings.exists())

    def test_a_new_mark_begun_from_an_old_one_leaves_the_old_level(self):
        self.switch(self.new_version(), self.question)
        desk = reverse("admin:assessments_script_mark", args=[self.script.public_id, 1])
        self.sign_in("ada")
        page = self.client.get(desk)

        self.assertIsNone(page.context["mark"].level)
        self.assertIsNone(page.context["mark"].band_low)
        self.assertEqual(page.context["own"].level.scheme, self.scheme)


class CompareTest(SchemesTestCase):
    def test_two_versions_stand_side_by_side_with_changed_words_marked(self):
        copy = self.scheme.make_version(self.scheme.name, "2027")
        top = copy.levels.first()
        top.for_student = "Student wording four."
        top.save()
        top.strands.create(letter="a", name="analysis", for_marker="m")
        copy.levels.get(number=1).delete()
        cap = copy.ceilings.first()
        cap.condition = "only one point"
        cap.save()
        page = self.client.get(self.address("compare", copy))

        states = [(str(g["title"]), str(g["state"])) for g in page.context["groups"]]
        self.assertEqual(
            states,
            [
                ("The whole", "changed"),
                ("Level 4", "changed"),
                ("Level 3", "the same"),
                ("Level 2", "the same"),
                ("Level 1", "gone"),
                ("Ceiling 1", "changed"),
                ("Ceiling 2", "the same"),
            ],
        )
        self.assertContains(
            page, '<del><span class="vh">removed: </span>4.</del>', html=True
        )
        self.assertContains(
            page, '<ins><span class="vh">added: </span>four.</ins>', html=True
        )
        self.assertContains(
            page, '<ins><span class="vh">added: </span>analysis</ins>', html=True
        )

    def test_any_two_schemes_are_compared_and_nonsense_is_not(self):
        other = MarkScheme.objects.create(name="P", series="1", tariff=1)
        other.points.create(order=1, name="x", for_student="s", for_marker="m")
        page = self.client.get(f"{self.address('compare')}?other={other.pk}")
        self.assertEqual(page.context["other"], other)
        self.assertIn("gone", [str(g["state"]) for g in page.context["groups"]])
        for nonsense in ("x", "0", "9" * 40, self.scheme.pk):
            with self.subTest(nonsense=nonsense):
                page = self.client.get(f"{self.address('compare')}?other={nonsense}")
                self.assertEqual(page.context["groups"], [])

    def test_changes_of_wording_are_listed(self):
        self.scheme.write_down(
            self.hal, "A slip.", [("Level 1: words", "old words", "new words")]
        )
        self.sign_in("ada")
        page = self.client.get(self.address("compare"))

        self.assertContains(page, "A slip.")
        self.assertContains(
            page, '<del><span class="vh">removed: </span>old</del>', html=True
        )


class FormTest(SchemesTestCase):
    def form_data(self, **fields):
        return {
            "code": "IG-1", "board": "IGCSE", "specification": "own", "paper": "1",
            "section": "", "number": "1", "command_word": "Explain", "stem": "",
            "exam_paper": "", "tariff": 10, "ao1": 4, "ao2": 6, "ao3": 0, "ao4": 0,
            "spag": 0, "minutes": 15, "stimulus": 0, "sources": 0, "interpretations": 0,
        } | fields  # fmt: skip

    def test_a_form_of_the_schools_own_is_added(self):
        self.client.post("/admin/assessments/questiontype/add/", self.form_data())

        form = QuestionType.objects.get(code="IG-1")
        self.assertEqual((form.tariff, form.maxima), (10, (4, 6, 0, 0)))

    def test_objectives_that_do_not_add_up_are_refused(self):
        response = self.client.post(
            "/admin/assessments/questiontype/add/", self.form_data(ao2=5)
        )

        self.assertEqual(
            self.sentences(response),
            [
                (
                    "tariff",
                    "AO1 to AO4 do not add up to the tariff: they make 9, the tariff is "
                    "10. Change one of them.",
                )
            ],
        )
        self.assertFalse(QuestionType.objects.filter(code="IG-1").exists())

    def test_a_form_in_use_changes_only_its_words(self):
        form = self.question.type
        self.client.post(
            self.address("change", form),
            self.form_data(command_word="How far", stem="How far … {issue}"),
        )

        form.refresh_from_db()
        self.assertEqual((form.stem, form.tariff, form.code), (
            "How far … {issue}", 12, "AQA-P1A-Q6"))  # fmt: skip

    def test_a_shipped_form_is_copied_to_be_changed(self):
        form = self.question.type
        ship(form)
        page = self.client.get(self.address("change", form))
        self.assertContains(page, "Make a copy to change")
        response = self.client.post(self.address("change", form), self.form_data())
        self.assertEqual(response.status_code, 403)
        for _ in range(2):
            self.client.post(self.address("copy", form))

        codes = QuestionType.objects.filter(code__contains="copy")
        self.assertEqual(
            {row.code for row in codes}, {"AQA-P1A-Q6-copy", "AQA-P1A-Q6-copy-2"}
        )
        copy = codes.get(code="AQA-P1A-Q6-copy")
        self.client.post(self.address("change", copy), self.form_data())
        copy.refresh_from_db()
        self.assertEqual((copy.code, copy.tariff), ("IG-1", 10))


class PaperTest(SchemesTestCase):
    def setUp(self):
        super().setUp()
        self.paper = ExamPaper.objects.create(
            code="EDX-P3", board="Edexcel", specification="1HI0", number="3",
            title="Paper 3", marks=52,
        )  # fmt: skip
        self.new = self.paper.durations.create(
            name="since 2025", minutes=90, is_default=True
        )
        self.old = self.paper.durations.create(name="to 2024", minutes=80)

    def post(self, *rows):
        data = {
            "code": "EDX-P3", "board": "Edexcel", "specification": "1HI0",
            "number": "3", "section": "", "title": "Paper 3", "marks": 52,
        }  # fmt: skip
        have = [
            {"id": row.pk, "exam_paper": self.paper.pk, "name": row.name,
             "minutes": row.minutes}
            for row in (self.new, self.old)
        ]  # fmt: skip
        sent = [one | more for one, more in zip(have, rows[:2], strict=True)]
        return self.client.post(
            self.address("change", self.paper),
            data | formset("durations", [*sent, *rows[2:]], 2),
        )

    def durations(self):
        return set(Duration.objects.values_list("name", "minutes", "is_default"))

    def test_a_school_adds_a_duration_and_moves_the_default(self):
        ship(self.paper)
        extra = {"name": "with breaks", "minutes": 100}
        response = self.post({}, {"is_default": "on"}, extra)

        self.assertEqual(response.status_code, 302)
        self.assertEqual(
            self.durations(),
            {("since 2025", 90, False), ("to 2024", 80, True),
             ("with breaks", 100, False)},
        )  # fmt: skip

    def test_the_default_goes_to_a_new_duration_and_names_are_swapped(self):
        self.post(
            {"name": "to 2024"},
            {"name": "since 2025"},
            {"name": "ours", "minutes": 70, "is_default": "on"},
        )

        self.assertEqual(
            self.durations(),
            {("to 2024", 90, False), ("since 2025", 80, False), ("ours", 70, True)},
        )

    def test_there_is_exactly_one_default(self):
        before = self.durations()
        on = {"is_default": "on"}
        cases = [
            ((on, on), "2 durations are marked as used unless another is chosen. Leave "
             "the tick at one of them."),
            (({}, {}), "No duration is the one used unless another is chosen. Tick "
             "one."),
            ((on, {"name": "since 2025"}), "Two durations are called “since 2025”. "
             "Give one another name."),
        ]  # fmt: skip
        for rows, sentence in cases:
            with self.subTest(sentence=sentence):
                self.assertEqual(self.sentences(self.post(*rows)), [("", sentence)])
                self.assertEqual(self.durations(), before)

    def test_a_shipped_papers_own_line_stays(self):
        ship(self.paper)
        ExamPaper.objects.update(title="As shipped")
        self.post({"is_default": "on"}, {"minutes": 85})

        self.paper.refresh_from_db()
        self.old.refresh_from_db()
        self.assertEqual((self.paper.title, self.old.minutes), ("As shipped", 85))


class QueriesTest(SchemesTestCase):
    def count(self, address):
        # The school's row is kept for seconds: let it be read each time.
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            self.assertEqual(self.client.get(address).status_code, 200)
        return len(queries)

    def test_pages_cost_the_same_with_one_and_with_thirty_schemes(self):
        copy = self.scheme.make_version(self.scheme.name, "2027")
        pages = [
            "/admin/assessments/markscheme/",
            "/admin/assessments/level/",
            "/admin/assessments/questiontype/",
            "/admin/assessments/exampaper/",
            self.address("change"),
            self.address("version"),
            self.address("use", copy),
            self.address("compare", copy),
        ]
        for page in pages:
            self.count(page)
        before = [self.count(page) for page in pages]
        for number in range(29):
            make_scheme(f"Scheme {number}", [(1, 2), (3, 4)], [("c", 3, True)])
            Question.objects.create(
                slug=f"question-{number}",
                type=self.question.type,
                wording="How far?",
                mark_scheme=self.scheme,
                indicative_content="x",
            )
            self.scheme.write_down(self.hal, "why", [("what", "a", "b")])
        after = [self.count(page) for page in pages]

        self.assertEqual(dict(zip(pages, after, strict=True)), dict(
            zip(pages, before, strict=True)))  # fmt: skip

    def test_scripts_to_look_at_again_cost_the_same_with_one_and_with_three(self):
        copy = self.scheme.make_version(self.scheme.name, "2027")
        make_mark(self.script, self.ada)
        self.client.post(self.address("use", copy), {"questions": [self.question.pk]})
        page = self.address("use", copy)
        self.count(page)
        before = self.count(page)
        Question.objects.update(mark_scheme=self.scheme)
        for student in (self.tom, self.una):
            make_mark(
                make_script(student, self.assignment, "x", hand_in=True), self.ada
            )
        Question.objects.update(mark_scheme=copy)

        self.assertEqual(self.count(page), before)
        self.assertEqual(len(self.client.get(page).context["again"]), 3)

    def test_a_schemes_page_costs_the_same_with_two_and_with_ten_levels(self):
        small = make_scheme("Small", [(1, 2), (3, 4)], [("c", 3, True)])
        large = make_scheme(
            "Large",
            [(n, n) for n in range(1, 11)],
            [(f"c{n}", n, True) for n in range(1, 9)],
        )
        for row in large.levels.all():
            row.strands.create(letter="a", name="x", for_marker="m")
        for verb in ("change", "compare"):
            with self.subTest(verb=verb):
                self.count(self.address(verb, small))
                self.assertEqual(
                    self.count(self.address(verb, small)),
                    self.count(self.address(verb, large)),
                )

    def test_points_cost_the_same_with_two_and_with_eight(self):
        pages, made = [], []
        for most in (2, 8):
            scheme = MarkScheme.objects.create(name=f"P{most}", series="1", tariff=most)
            needed = None
            for n in range(1, most + 1):
                needed = scheme.points.create(
                    order=n, name=f"p{n}", for_student="s", for_marker="m",
                    needs=needed,
                )  # fmt: skip
            pages.append(self.address("change", scheme))
            made.append(scheme)
        self.count(pages[0])

        self.assertEqual(self.count(pages[0]), self.count(pages[1]))
        for scheme in made:
            ship(scheme)
        self.assertEqual(self.count(pages[0]), self.count(pages[1]))
