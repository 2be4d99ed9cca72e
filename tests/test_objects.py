"""Rows and fields that are not theirs: reliability G39, G40, G43, G44, G45."""

import datetime
import re

import pytest
from django.contrib import admin
from django.db import models, transaction
from django.forms import ModelChoiceField
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from assessments.models import Assignment, Release, Script
from people.forms import ReadingSettingsForm
from people.models import Membership, User
from tests.factories import make_mark, make_script
from tests.page_forms import forms_of
from tests.test_pages import ALSO_POST, POSTS, RULES
from tests.visitors import NAMES, VISITORS, VisitedSite, met

# Ids that nobody has, in the shapes that addresses have.
NOBODYS = {"slug": "zzzzzzzzzzzzzzzzzzzzzz", "number": 999_983}
OUTSIDERS = ("bea", "tom", "gus", "una", "lou")
# Which of an address's arguments says whose it is.
OWNERS = ("public_id", "object_id", "pk", "id")
# Kinds of rows that belong to all staff: that one of them is there is no secret.
SCHOOLS_OWN = re.compile(
    "lessons_|markscheme|questiontype|exampaper|level|boundaryset|exemplar|question|"
    "assessment_"
)
# Length and token differ from answer to answer.
VARYING = ("X-Request-ID", "Content-Length", "Set-Cookie")


def is_for_staff(name):
    return name.startswith(("admin:", "staff:"))


class ObjectsTest(VisitedSite):
    def nobodys(self, name):
        """Return the same address for a row that there is not, or None without rows."""
        address = self.address(name)
        for key, value in resolve(address).kwargs.items():
            if key in OWNERS:
                other = NOBODYS["slug" if key == "public_id" else "number"]
                return address.replace(f"/{value}/", f"/{other}/", 1)
        return None

    @pytest.mark.goal(
        "G39", "another's row answers as one that is not there, by GET and POST"
    )
    def test_anothers_row_is_one_that_is_not_there(self):
        asked, wrong = 0, []
        missing = {name: self.nobodys(name) for name in RULES}
        for visitor in OUTSIDERS:
            self.sign_in(visitor)
            for name, address in missing.items():
                is_theirs = RULES[name][VISITORS[visitor]] == 200
                if address is None or is_theirs or SCHOOLS_OWN.search(name):
                    continue
                if visitor not in ("bea", "gus") and is_for_staff(name):
                    # Refused at the door, whatever the row: test_rights.py.
                    continue
                for method in ("get", "post"):
                    mine = POSTS.get(name, {}).get(visitor, ALSO_POST.get(name, ()))
                    if method == "post" and (visitor in str(mine) or mine == 302):
                        continue
                    theirs = getattr(self.client, method)(self.address(name))
                    nobodys = getattr(self.client, method)(address)
                    asked += 1
                    if not self.is_alike(theirs, nobodys):
                        wrong.append(
                            (visitor, method, name, *map(describe, (theirs, nobodys)))
                        )
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.reached(f"{asked} pairs alike in status, headers and length ± 5 %")

    def is_alike(self, theirs, nobodys):
        longest = max(len(theirs.content), len(nobodys.content))
        return (
            theirs.status_code == nobodys.status_code
            and abs(len(theirs.content) - len(nobodys.content)) <= longest / 20
            and [h for h in theirs.headers if h not in VARYING]
            == [h for h in nobodys.headers if h not in VARYING]
        )

    @pytest.mark.goal("G39", "ids in forms: 0 choices beyond what the person may see")
    def test_no_form_takes_an_id_that_its_reader_may_not_see(self):
        """A field refuses what is not in its rows, so the rows are looked at."""
        looked, wrong = 0, []
        for visitor in ("bea", "ada", "dee"):
            self.sign_in(visitor)
            user = getattr(self, visitor)
            for name in RULES:
                if not is_for_staff(name) or RULES[name][visitor] != 200:
                    continue
                page = self.client.get(self.address(name))
                for field in fields_of(page):
                    rows = field.queryset
                    looked += 1
                    unseen = rows.exclude(
                        pk__in=rows.model._default_manager.visible_to(user).values("pk")
                    )
                    if unseen.exists():
                        wrong.append((visitor, name, field.label, rows.model))
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.assertGreater(looked, 50)
        self.reached(f"{looked} fields")

    @pytest.mark.goal("G40", "lookups that no page offers: 0 accepted, no __regex ever")
    def test_no_list_takes_a_lookup_that_its_page_does_not_offer(self):
        asked, wrong = 0, []
        for visitor in ("hal", "sid"):
            self.sign_in(visitor)
            for model in admin.site._registry:
                name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
                if RULES[f"admin:{name}"][visitor] != 200:
                    continue
                for lookup in lookups(model):
                    asked += 1
                    found = self.client.get(reverse(f"admin:{name}"), {lookup: "a"})
                    if found.status_code not in (302, 400):
                        wrong.append((visitor, name, lookup, found.status_code))
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.reached(f"{asked} refused")

    @pytest.mark.goal("G40", "lists, searches, filters, pickers: 0 canaries elsewhere")
    def test_no_list_search_or_picker_names_a_student_of_another_class(self):
        asked, wrong = 0, []
        for visitor in ("bea", "dee"):
            self.sign_in(visitor)
            addresses = [
                *(f"{reverse('staff:search')}?q={word}" for word in ("canary", "ZOE")),
                *picker_addresses(),
            ]
            for model in admin.site._registry:
                name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
                if RULES[f"admin:{name}"][visitor] == 200:
                    page = reverse(f"admin:{name}")
                    addresses += [
                        f"{page}?{query}"
                        for query in ("q=ZOE", "_popup=1&_to_field=id", "o=-1", "e=1")
                    ]
            for address in addresses:
                asked += 1
                found = self.client.get(address, follow=True)
                # Who asks for a word meets it in the box and in the address.
                words = set(met(found, visitor)) - set(NAMES[4:])
                if words or found.status_code >= 500:
                    wrong.append((visitor, address, words, found.status_code))
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.reached(f"{asked} asked")

    @pytest.mark.goal("G43", "forms with every field of the model added: 0 taken over")
    def test_no_form_takes_a_field_that_it_does_not_show(self):
        posted, wrong = 0, []
        pages = {
            "ada": ["people_student", "assessments_assignment"],
            "hal": ["assessments_assessment"],
            "dee": ["people_student", "people_teachinggroup"],
            "sid": ["people_user", "people_student", "people_school"],
        }
        for visitor, names in pages.items():
            self.sign_in(visitor)
            for name in names:
                address = self.address(f"admin:{name}_change")
                form = self.client.get(address)
                shown = form.context["adminform"].form
                row = shown.instance
                data = max((data for _action, data in forms_of(form)), key=len)
                if name == "people_school":
                    data["name"] = ["A school"]
                extra = more_fields(row, {*shown.fields, *data})
                with transaction.atomic():
                    before = values(row)
                    answer = self.client.post(address, {**extra, **data})
                    after = values(type(row)._base_manager.get(pk=row.pk))
                    transaction.set_rollback(True)
                posted += len(extra)
                changed = {k for k in before if before[k] != after[k]} - {"updated_at"}
                if changed & set(extra) or answer.status_code != 302:
                    errors = answer.context and answer.context["errors"]
                    wrong.append((visitor, name, changed, answer.status_code, errors))
                self.assertTrue(extra, name)
        for address in ("/reading-settings/", "/password/"):
            self.sign_in("sam")
            before = values(self.sam)
            extra = more_fields(self.sam, {"lends_extracts"})
            self.client.post(address, extra)
            posted += len(extra)
            after = values(User.objects.get(pk=self.sam.pk))
            changed = {key for key in before if before[key] != after[key]}
            own = {"text_size", "line_spacing", "typeface", "paper", "last_login"}
            if changed - own - READING:
                wrong.append(("sam", address, changed))
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.reached(f"{posted} fields added, 0 taken")

    @pytest.mark.goal("G44", "rights change with the next request")
    def test_rights_change_with_the_next_request(self):
        open_page = f"/scripts/{self.open_script.public_id}/"
        feedback = f"/scripts/{self.script.public_id}/feedback/"
        desk = self.address("admin:assessments_script_mark")
        ada, sam = Client(), Client()
        ada.force_login(self.ada)
        sam.force_login(self.sam)
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        self.assertEqual(ada.get(desk).status_code, 200)

        self.ada.memberships.update(until_date=yesterday)
        self.assertNotEqual(ada.get(desk).status_code, 200)
        self.assertNotEqual(ada.post(desk, {"mark": 1}).status_code, 200)
        self.ada.memberships.update(until_date=None)
        self.assertEqual(ada.get(desk).status_code, 200)

        make_mark(self.script, self.ada)
        Release.show(Script.objects.filter(pk=self.script.pk), self.ada)
        self.assertEqual(sam.get(feedback).status_code, 200)
        Release.take_back(Script.objects.filter(pk=self.script.pk), self.ada)
        self.assertEqual(sam.get(feedback).status_code, 404)

        # Moved in the middle of the work: it goes on, and is handed in.
        self.sam.memberships.update(group=self.hi2)
        task = make_script(self.sam, None, "Begun.", self.question)
        self.assertEqual(sam.get(open_page).status_code, 200)
        answer = task.answers.get()
        told = sam.post(
            f"/scripts/{task.public_id}/hand-in/",
            {"confirmed": answer.current_id},
        )
        self.assertEqual(told.status_code, 302)
        task.refresh_from_db()
        self.assertIsNotNone(task.handed_in_at)

        User.objects.filter(pk=self.sam.pk).update(is_active=False)
        self.assertEqual(sam.get(open_page).status_code, 302)
        save = sam.post(
            f"{open_page}answers/1/save/", {}, content_type="application/json"
        )
        self.assertEqual(save.status_code, 401)
        self.reached("class left, work moved, release taken back, account closed")

    def test_a_student_who_is_moved_hands_in_the_class_s_running_work(self):
        Assignment.objects.filter(pk=self.assignment.pk).update(
            due_at=timezone.now() + datetime.timedelta(hours=1)
        )
        Membership.objects.filter(person=self.tom).update(group=self.hi1)
        running = make_script(self.tom, self.assignment, "Half of it.")
        Membership.objects.filter(person=self.tom).update(group=self.hi2)
        self.sign_in("tom")
        page = self.client.get(f"/scripts/{running.public_id}/")
        self.client.post(
            f"/scripts/{running.public_id}/hand-in/",
            {"confirmed": running.answers.get().current_id},
        )

        running.refresh_from_db()
        self.assertEqual(page.status_code, 200)
        self.assertIsNotNone(running.handed_in_at)

    @pytest.mark.goal("G45", "files only through a check, named, typed, never executed")
    def test_files_come_through_a_check_alone(self):
        address = self.address("lessons:picture")
        for visitor in ("nobody", "sam"):
            self.sign_in(visitor)
            for direct in (
                f"/media/{self.picture.small.name}",
                f"/{self.picture.small.name}",
                "/media/",
            ):
                self.assertIn(self.client.get(direct).status_code, (302, 404))
        files = {
            "sam": [
                address,
                "/answers/export.json",
                self.address("assessments:calendar"),
            ],
            "ada": [
                self.address("staff:class-export"),
                self.address("staff:year-export"),
            ],
        }
        for visitor, addresses in files.items():
            self.sign_in(visitor)
            for one in addresses:
                with self.subTest(address=one):
                    found = self.client.get(one)
                    self.assertEqual(found.status_code, 200)
                    self.assertEqual(found["X-Content-Type-Options"], "nosniff")
                    self.assertNotIn("html", found["Content-Type"])
                    self.assertIn("filename", found.get("Content-Disposition", ""))
                    self.assertIn(
                        "default-src 'self'", found["Content-Security-Policy"]
                    )
        self.assertNotIn("picture", self.picture.small.name.rpartition("/")[2])
        self.reached("5 kinds of file; 0 by a direct address")

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached


READING = {
    field.name
    for field in User._meta.concrete_fields
    if field.name in ReadingSettingsForm.Meta.fields
}


def values(row):
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
    }


def more_fields(row, shown):
    """Return a value unlike its own for every field that a form does not show."""
    made = {}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name in shown or f"{field.name}_0" in shown:
            continue
        if isinstance(field, models.BooleanField):
            value = "" if getattr(row, field.attname) else "on"
        elif isinstance(field, models.DateTimeField):
            value = "2001-01-01 01:01:01"
        elif isinstance(field, models.DateField):
            value = "2001-01-01"
        else:
            value = "1" if getattr(row, field.attname) != 1 else "2"
        made[field.name] = made[field.attname] = value
    if isinstance(row, User):
        made |= {"user_permissions": "1", "groups": "1", "memberships-0-role": "head"}
    return made


def lookups(model):
    """Yield lookups that would answer questions about what no page shows."""
    for field in model._meta.get_fields():
        if field.name == "archived":
            continue
        related = getattr(field, "related_model", None)
        if related is None:
            yield f"{field.name}__regex"
            yield f"{field.name}__startswith"
        elif related is not None:
            for name in ("password", "username", "text", "name", "note"):
                if any(name == other.name for other in related._meta.concrete_fields):
                    yield f"{field.name}__{name}__regex"
                    yield f"{field.name}__{name}__startswith"


def picker_addresses():
    """Yield the address of every picker that there could be, allowed or not."""
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete:
                yield (
                    f"{reverse('admin:autocomplete')}?app_label={model._meta.app_label}"
                    f"&model_name={model._meta.model_name}&field_name={field.name}"
                    "&term=canary"
                )


def describe(response):
    return response.status_code, len(response.content), sorted(response.headers)


def fields_of(response):
    """Yield the fields of a page's forms that take a row."""
    seen = set()
    for context in response.context or ():
        for value in context.flatten().values() if hasattr(context, "flatten") else ():
            forms = [getattr(value, "form", value)]
            if isinstance(value, list | tuple):
                forms += [
                    form
                    for item in value
                    for form in getattr(getattr(item, "formset", None), "forms", ())
                ]
                forms += [
                    item.formset.empty_form
                    for item in value
                    if hasattr(item, "formset")
                ]
            for form in forms:
                fields = getattr(form, "fields", None)
                if isinstance(fields, dict) and id(form) not in seen:
                    seen.add(id(form))
                    # A formset takes the hidden ids of its own rows and no others.
                    yield from (
                        field
                        for name, field in fields.items()
                        if isinstance(field, ModelChoiceField) and name != "id"
                    )
