import pytest
import time_machine
from django.core import mail, signing
from django.core.cache import cache
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from people import roles, set_up
from people.forms import SetUpForm
from people.models import School, Session, User
from tests.base import SchoolTestCase
from tests.factories import make_user

SET_UP = {
    "username": "RPatel",
    "first_name": "Ravi",
    "last_name": "Patel",
    "password1": "four-short-words-here",
    "password2": "four-short-words-here",
    "name": "Hilltop School",
    "time_zone": "Europe/Paris",
    "help_text": "Ask in room 12.",
    "mail": "none",
}


class SignInTest(SchoolTestCase):
    def sign_in_with(self, username, password="a long secret", **kwargs):
        return self.client.post(
            reverse("login"), {"username": username, "password": password}, **kwargs
        )

    def test_a_name_is_taken_as_people_type_it(self):
        response = self.sign_in_with("  SAM ")

        self.assertRedirects(response, reverse("home"))

    def test_staff_land_on_their_page(self):
        response = self.sign_in_with("ada", follow=True)

        self.assertEqual(response.redirect_chain[-1][0], reverse("admin:index"))

    def test_unknown_name_wrong_password_and_closed_account_read_alike(self):
        User.objects.filter(username="tom").update(is_active=False)
        answers = {
            self.sign_in_with("nobody-at-all").content.count(b"do not match"),
            self.sign_in_with("sam", "wrong").content.count(b"do not match"),
            self.sign_in_with("tom").content.count(b"do not match"),
        }

        self.assertEqual(answers, {1})

    def test_a_hostile_next_is_not_followed(self):
        for target in (
            "https://evil.example/",
            "//evil.example",
            "javascript:alert(1)",
        ):
            with self.subTest(target=target):
                self.client.logout()
                response = self.client.post(
                    f"{reverse('login')}?next={target}",
                    {"username": "sam", "password": "a long secret"},
                )
                self.assertRedirects(response, reverse("home"))

    def test_a_session_that_has_run_out_is_out(self):
        self.sign_in("sam")
        self.assertEqual(self.client.get(reverse("home")).status_code, 200)
        Session.objects.update(expire_date=timezone.now())

        self.assertEqual(self.client.get(reverse("home")).status_code, 302)
        call_command("clean_up", verbosity=0)
        self.assertFalse(Session.objects.exists())

    def test_a_session_that_names_somebody_else_is_djangos_to_judge(self):
        self.sign_in("sam")
        Session.objects.update(person=self.tom)

        response = self.client.get(reverse("home"))

        self.assertEqual(response.context["user"].username, "sam")

    def test_a_session_of_another_way_in_is_out(self):
        self.sign_in("sam")
        session = self.client.session
        session["_auth_user_backend"] = "somewhere.else.Backend"
        session.save()

        self.assertEqual(self.client.get(reverse("home")).status_code, 302)

    def test_sign_out_ends_the_session_in_the_database(self):
        self.sign_in_with("sam")
        key = self.client.session.session_key
        self.client.post(reverse("logout"))

        self.assertFalse(Session.objects.filter(session_key=key).exists())

    def test_a_session_knows_its_person(self):
        self.sign_in_with("sam")

        session = Session.objects.get(session_key=self.client.session.session_key)
        self.assertEqual(session.person, self.sam)

    def test_a_closed_account_is_out_with_the_next_request(self):
        self.sign_in("sam")
        User.objects.filter(username="sam").update(is_active=False)

        self.assertEqual(self.client.get(reverse("home")).status_code, 302)

    def test_a_changed_password_ends_other_sessions(self):
        self.sign_in("sam")
        self.sam.set_password("another long secret")
        self.sam.save()

        self.assertEqual(self.client.get(reverse("home")).status_code, 302)

    def test_own_password_change_keeps_this_session(self):
        self.sign_in("sam")
        response = self.client.post(
            reverse("password-change"),
            {
                "old_password": "a long secret",
                "new_password1": "maple-otter-lamp-3",
                "new_password2": "maple-otter-lamp-3",
            },
            follow=True,
        )

        self.assertContains(response, "Your password is changed.")

    def test_errors_stand_in_a_summary_with_links(self):
        response = self.client.post(reverse("login"), {"username": "", "password": ""})

        self.assertContains(response, 'class="errors"')
        self.assertContains(response, 'href="#id_username"')


class ReadingSettingsTest(SchoolTestCase):
    address = "/reading-settings/"
    chosen = {
        "text_size": "3",
        "line_spacing": "2",
        "typeface": "wide",
        "paper": "peach",
    }

    def test_they_are_kept_in_the_account_and_written_on_the_page(self):
        self.sign_in("sam")
        self.client.post(self.address, self.chosen)
        page = self.client.get(
            reverse("lessons:lesson-detail", args=["stalins-terror"])
        )

        self.assertContains(
            page,
            'data-size="3" data-space="2" data-face="wide" data-paper="peach"',
        )

    def test_they_return_to_where_the_reader_was_and_nowhere_else(self):
        self.sign_in("sam")
        home = self.client.post(f"{self.address}?next=//evil.example/", self.chosen)
        back = self.client.post(f"{self.address}?next=/lessons/", self.chosen)

        self.assertRedirects(home, reverse("home"))
        self.assertRedirects(back, "/lessons/")

    def test_a_script_saves_quietly(self):
        self.sign_in("sam")
        response = self.client.post(
            self.address, self.chosen, headers={"X-Quiet-Save": "1"}
        )

        self.assertEqual(response.content, b"Saved")

    def test_a_forged_value_changes_nothing(self):
        self.sign_in("sam")
        response = self.client.post(self.address, {**self.chosen, "paper": "url(x)"})

        self.sam.refresh_from_db()
        self.assertContains(response, "Please check this form")
        self.assertEqual(self.sam.paper, "auto")


class SetUpTest(TestCase):
    def post(self, token=None, **changes):
        address = reverse("school-set-up", args=[token or set_up.make_token()])
        return self.client.post(address, {**SET_UP, **changes})

    def test_the_first_start_makes_school_and_site_manager(self):
        response = self.post()

        manager = User.objects.get()
        cache.clear()
        school = School.current()
        self.assertRedirects(response, reverse("home"), target_status_code=302)
        self.assertEqual(manager.username, "rpatel")
        self.assertEqual(manager.roles, {roles.SITE_MANAGER})
        self.assertEqual(
            (school.name, school.time_zone), ("Hilltop School", "Europe/Paris")
        )
        self.assertEqual(school.help_text, "Ask in room 12.")
        self.assertFalse(school.has_mail)

    def test_the_link_works_once(self):
        token = set_up.make_token()
        self.post(token)
        self.client.logout()

        self.assertEqual(self.post(token, username="second").status_code, 404)
        self.assertEqual(User.objects.count(), 1)

    def test_the_link_works_for_a_week(self):
        token = set_up.make_token()
        with time_machine.travel(timezone.now() + timezone.timedelta(days=8)):
            self.assertEqual(self.post(token).status_code, 404)

    def test_of_two_at_once_one_wins(self):
        form = SetUpForm(SET_UP, instance=School.objects.get_or_create(pk=1)[0])
        self.assertTrue(form.is_valid())
        School.objects.filter(pk=1).update(set_up_at=timezone.now())

        self.assertIsNone(set_up.finish(form))
        self.assertFalse(User.objects.exists())

    def test_a_forged_link_is_no_page(self):
        self.assertEqual(
            self.post(signing.dumps("set up this school")).status_code, 404
        )

    def test_a_faster_colleague_wins(self):
        token = set_up.make_token()
        form_of_the_slower = reverse("school-set-up", args=[token])
        self.client.get(form_of_the_slower)
        School.objects.filter(pk=1).update(set_up_at="2026-11-24T09:00Z")

        self.assertEqual(self.post(token).status_code, 404)
        self.assertFalse(User.objects.exists())

    def test_bad_entries_say_what_to_do_and_keep_the_rest(self):
        cases = {
            "name": ("", "Enter the school"),
            "time_zone": ("London", "Write it like Europe/London"),
            "password1": ("short", "at least 12 characters"),
            "password2": ("something else", "The two passwords differ"),
            "username": ("a b", "Enter a valid username"),
        }
        for field, (value, sentence) in cases.items():
            with self.subTest(field=field):
                response = self.post(**{field: value})
                self.assertContains(response, sentence)
                self.assertContains(response, "Ask in room 12.")
                self.assertFalse(User.objects.exists())

    def test_mail_needs_a_server_and_a_sender(self):
        response = self.post(mail="mail")

        self.assertContains(response, "choose “No mail” further up", count=4)

    def test_a_taken_name_is_said(self):
        make_user("rpatel")

        self.assertContains(self.post(), "That username is taken")


@pytest.mark.django_db
def test_no_mail_sends_nothing_and_mail_uses_the_schools_server():
    with override_settings(EMAIL_BACKEND="people.mail.SchoolMailBackend"):
        assert mail.send_mail("s", "b", "from@x.example", ["to@x.example"]) == 0

    School.objects.filter(pk=1).update(
        mail_host="mail.invalid", mail_port=2525, mail_security="tls"
    )
    School.forget_current()
    backend = mail.get_connection("people.mail.SchoolMailBackend")

    assert (backend.host, backend.port, backend.use_ssl) == ("mail.invalid", 2525, True)
    assert backend.use_tls is False
