"""The second step, new passwords by mail, and sign-in through a provider's word."""

import datetime
import re
import time
from unittest import mock

import pyotp
import pytest
import time_machine
from django.core import mail
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from people import factors, openid
from people.audit import AuditEntry
from people.models import Passkey, RecoveryCode, School, Totp
from terror_site import room
from tests.base import SchoolTestCase
from tests.factories import make_user

PASSWORD = "a long secret"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime.datetime(2026, 11, 26, 12, 0, 0, tzinfo=datetime.UTC)


# RFC 6238, appendix B: the last six figures of its SHA-1 column, secret "12345678901234567890".
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_standard(seconds, code):
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    with time_machine.travel(seconds, tick=False):
        assert factors.step_of(secret, code) == seconds // 30
        assert factors.step_of(secret, f" {code[:3]} {code[3:]}") == seconds // 30
        for wrong in ("", "000000", code[::-1], code + "1", "x" * 6):
            assert factors.step_of(secret, wrong) is None
    with time_machine.travel(seconds + 90, tick=False):
        assert factors.step_of(secret, code) is None


@time_machine.travel(NOW, tick=False)
class SecondStepTest(SchoolTestCase):
    def setUp(self):
        Totp.objects.create(person=self.hal, secret=SECRET)

    def code(self, ahead=0):
        return pyotp.TOTP(SECRET).at(int(time.time()) + ahead)

    def password(self, name="hal", **data):
        return self.client.post(
            reverse("login"), {"username": name, "password": PASSWORD, **data}
        )

    def prove(self, code):
        return self.client.post(reverse("factor-prove"), {"code": code})

    def is_in(self):
        page = self.client.get(reverse("lessons:lesson-list"))
        return page.status_code == 200

    def test_the_password_alone_opens_nothing(self):
        self.assertRedirects(self.password(), reverse("factor-prove"))
        self.assertFalse(self.is_in())
        self.assertEqual(self.client.get("/admin/").status_code, 302)

    def test_a_code_opens_and_leads_on(self):
        self.password(next="/admin/search/")
        self.assertRedirects(
            self.prove(self.code()), "/admin/search/", fetch_redirect_response=False
        )
        self.assertTrue(self.is_in())

    def test_a_foreign_next_page_is_not_followed(self):
        self.password(next="https://evil.example/")
        self.assertRedirects(
            self.prove(self.code()), "/", fetch_redirect_response=False
        )

    def test_it_opens_with_little_room_on_the_disk(self):
        with mock.patch.object(room, "is_short", return_value=True):
            self.password()
            self.assertRedirects(
                self.prove(self.code()), "/", fetch_redirect_response=False
            )
        self.assertTrue(self.is_in())

    def test_a_passkey_is_asked_for_with_little_room_on_the_disk(self):
        with mock.patch.object(room, "is_short", return_value=True):
            self.password()
            options = self.client.post(reverse("passkey-options"), secure=True)
            answer = self.client.post(
                reverse("passkey-prove"),
                "{}",
                content_type="application/json",
                secure=True,
            )
        self.assertEqual(options.status_code, 200)
        self.assertContains(answer, "not one of this account", status_code=403)

    def test_a_code_counts_once(self):
        self.password()
        code = self.code()
        self.prove(code)
        self.client.post(reverse("logout"))
        self.password()
        self.assertContains(self.prove(code), "was used already")
        self.assertFalse(self.is_in())

    def test_without_a_password_just_now_there_is_no_second_step(self):
        self.assertRedirects(self.prove(self.code()), reverse("login"))
        self.password()
        with time_machine.travel(NOW + datetime.timedelta(minutes=6), tick=False):
            answer = self.prove(pyotp.TOTP(SECRET).at(int(time.time())))
            self.assertRedirects(answer, reverse("login"))
            self.assertFalse(self.is_in())

    def test_a_password_changed_meanwhile_stops_it(self):
        self.password()
        self.hal.set_password("another long secret")
        self.hal.save()
        self.assertRedirects(self.prove(self.code()), reverse("login"))

    def test_guesses_are_slow_and_a_right_password_does_not_make_them_quick(self):
        """At most ten in five minutes over both doors (G50)."""
        tried = 0
        for second in range(0, 300, 5):
            with time_machine.travel(
                NOW + datetime.timedelta(seconds=second), tick=False
            ):
                self.password()
                answer = self.prove("000000")
                if "not right" in answer.content.decode():
                    tried += 1
        failed = AuditEntry.objects.filter(
            action=AuditEntry.Action.SIGN_IN_FAILED, detail="second step, code"
        )
        self.assertEqual({entry.person_id for entry in failed}, {self.hal.pk})
        self.assertEqual(failed.count(), tried)
        self.assertGreater(tried, 3)
        self.assertLessEqual(tried, 10)

    def test_codes_on_paper_count_once(self):
        codes = factors.new_codes(self.hal)
        self.assertEqual(len(set(codes)), 10)
        self.password()
        self.prove(codes[3].upper().replace("-", " "))
        self.assertTrue(self.is_in())
        self.client.post(reverse("logout"))
        self.password()
        self.prove(codes[3])
        self.assertFalse(self.is_in())
        stored = "".join(RecoveryCode.objects.values_list("digest", flat=True))
        for code in codes:
            self.assertNotIn(code.replace("-", ""), stored)

    def test_others_codes_do_not_open(self):
        Totp.objects.create(person=self.sid, secret="KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
        codes = factors.new_codes(self.sid)
        self.password()
        for code in (
            codes[0],
            pyotp.TOTP("KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU").at(int(time.time())),
        ):
            self.prove(code)
            self.assertFalse(self.is_in())

    def test_setting_up_needs_a_right_code_and_shows_codes_once(self):
        self.sign_in("ada")
        page = self.client.get(reverse("factor-app"))
        secret = page.context["secret"]
        self.assertContains(page, "<svg")
        wrong = self.client.post(reverse("factor-app"), {"code": "000000"})
        self.assertContains(wrong, "That is not the code of now")
        self.assertEqual(wrong.context["secret"], secret)
        self.assertFalse(Totp.objects.filter(person=self.ada).exists())
        done = self.client.post(
            reverse("factor-app"), {"code": pyotp.TOTP(secret).at(int(time.time()))}
        )
        codes = re.findall(r"<code>(\w{5}-\w{5})</code>", done.content.decode())
        self.assertEqual(len(codes), 10)
        self.assertTrue(factors.is_set_up(self.ada))
        said = AuditEntry.objects.filter(action=AuditEntry.Action.SECOND_FACTOR)
        self.assertEqual(said.count(), 2)
        for entry in said:
            self.assertNotIn(secret, entry.detail)

    def test_students_have_none(self):
        self.sign_in("sam")
        for name in ("factors", "factor-app", "passkey-new"):
            self.assertEqual(self.client.get(reverse(name)).status_code, 404)

    def test_a_role_can_demand_it(self):
        with override_settings(SECOND_FACTOR_ROLES=frozenset({"teacher", "head"})):
            self.sign_in("ada")
            for address in ("/", "/admin/", reverse("lessons:lesson-list")):
                self.assertRedirects(self.client.get(address), reverse("factors"))
            self.assertContains(self.client.get(reverse("factors")), "asks this of")
            Totp.objects.create(person=self.ada, secret=SECRET)
            self.assertTrue(self.is_in())
            self.sign_in("asa")
            self.assertTrue(self.is_in())
            self.sign_in("sam")
            self.assertTrue(self.is_in())

    def test_a_role_that_there_is_not_is_named(self):
        with override_settings(SECOND_FACTOR_ROLES=frozenset({"head", "teachers"})):
            found = run_checks(tags=["security"])
        self.assertIn("terror.E005", [message.id for message in found])
        self.assertNotIn(
            "terror.E005", [message.id for message in run_checks(tags=["security"])]
        )

    def test_only_a_site_manager_takes_it_away(self):
        address = reverse("admin:people_user_factor", args=[self.hal.pk])
        for name in ("ada", "sen", "dee", "sam"):
            self.sign_in(name)
            self.client.post(address)
            self.assertTrue(factors.is_set_up(self.hal), name)
        self.sign_in("sid")
        self.client.post(address)
        self.assertFalse(factors.is_set_up(self.hal))

    def test_the_technicians_command(self):
        call_command("take_second_factor_away", "hal", verbosity=0)
        self.assertFalse(factors.is_set_up(self.hal))
        with pytest.raises(CommandError, match="no staff account"):
            call_command("take_second_factor_away", "sam")

    def test_removing_the_last_removes_the_paper_too(self):
        factors.new_codes(self.hal)
        self.sign_in("hal")
        self.client.post(reverse("factor-remove"), {"what": "app"})
        self.assertFalse(factors.is_set_up(self.hal))
        self.assertFalse(RecoveryCode.objects.exists())

    def test_a_passkey_of_another_account_is_not_removed(self):
        key = Passkey.objects.create(
            person=self.sid, name="k", credential="x", public_key=b"x"
        )
        self.sign_in("hal")
        for what in (key.pk, "9" * 40, "-1", "x"):
            self.client.post(reverse("factor-remove"), {"what": what})
        self.assertTrue(Passkey.objects.filter(pk=key.pk).exists())

    def test_passkeys_are_for_encrypted_connections(self):
        self.sign_in("hal")
        for name in ("passkey-options", "passkey-add", "passkey-prove"):
            answer = self.client.post(
                reverse(name), "{}", content_type="application/json"
            )
            self.assertIn(answer.status_code, (403, 404), name)

    def test_nonsense_is_no_passkey(self):
        self.sign_in("hal")
        self.client.post(reverse("passkey-options"), secure=True)
        for body in ("", "[]", '{"made": 7}', '{"made": {"id": []}}', "{"):
            answer = self.client.post(
                reverse("passkey-add"),
                body,
                content_type="application/json",
                secure=True,
            )
            self.assertEqual(answer.status_code, 422, body)
        self.assertFalse(Passkey.objects.exists())

    def test_no_id_is_too_odd_to_be_refused(self):
        request = mock.Mock(session={})
        request.get_host.return_value = "testserver"
        for named in ("\ud800", "a\0b", "é", 7, None, [], "unknown"):
            self.assertFalse(
                factors.proves_passkey(request, self.hal, {"id": named}), named
            )
        self.assertNotEqual(factors._challenge(request), factors._challenge(request))


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    ALLOWED_HOSTS=["testserver"],
)
class MailTest(SchoolTestCase):
    def setUp(self):
        self.ada.email = "ada@school.example"
        self.ada.save()
        School.objects.update_or_create(
            pk=1,
            defaults={"mail_host": "m.example", "mail_from": "history@school.example"},
        )
        School.forget_current()
        self.address = reverse("password-forgotten")

    def ask(self, email="ada@school.example", **extra):
        answer = self.client.post(self.address, {"email": email}, **extra)
        # The letter leaves beside the answer.
        for _try in range(100):
            if mail.outbox:
                break
            time.sleep(0.005)
        return answer

    def link(self):
        return re.search(r"http://testserver(/\S+)", mail.outbox[-1].body).group(1)

    def set_new(self, link):
        page = self.client.get(link, follow=True)
        return self.client.post(
            page.redirect_chain[-1][0] if page.redirect_chain else link,
            {
                "new_password1": "lamps under otters",
                "new_password2": "lamps under otters",
            },
        )

    def test_a_link_works_once_and_ends_old_sign_ins(self):
        self.sign_in("ada")
        old = self.client.cookies["session"].value
        self.client.cookies.clear()
        self.ask()
        (letter,) = mail.outbox
        self.assertEqual(letter.from_email, "history@school.example")
        link = self.link()
        self.assertRedirects(self.set_new(link), reverse("login"))
        self.ada.refresh_from_db()
        self.assertTrue(self.ada.check_password("lamps under otters"))
        self.assertContains(self.client.get(link), "was used already")
        self.client.cookies["session"] = old
        self.assertEqual(
            self.client.get(reverse("lessons:lesson-list")).status_code, 302
        )

    def test_the_reply_is_the_same_for_everybody_and_only_staff_get_mail(self):
        self.sam.email = "sam@school.example"
        self.sam.save()
        self.gus.email = "gus@school.example"
        self.gus.is_active = False
        self.gus.save()
        pages = set()
        for email in ("nobody@x.example", "sam@school.example", "gus@school.example"):
            answer = self.ask(email)
            pages.add((answer.status_code, answer.url))
        self.assertEqual(mail.outbox, [])
        answer = self.ask()
        pages.add((answer.status_code, answer.url))
        self.assertEqual(len(mail.outbox), 1)
        self.assertEqual(pages, {(302, reverse("password-forgotten-sent"))})

    def test_one_in_five_minutes_and_five_a_day(self):
        """By hand: every 10 minutes for a day, five; asked again at once, one."""
        self.ask()
        self.ask()
        self.assertEqual(len(mail.outbox), 1)
        start = timezone.now()
        for minutes in range(10, 24 * 60, 60):
            with time_machine.travel(start + datetime.timedelta(minutes=minutes)):
                self.ask()
        time.sleep(0.05)
        self.assertEqual(len(mail.outbox), 5)

    def test_a_forged_host_gets_nothing(self):
        answer = self.ask(headers={"host": "evil.example"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(mail.outbox, [])

    def test_without_mail_there_is_no_page(self):
        School.objects.update(mail_host="")
        School.forget_current()
        self.assertEqual(self.client.get(self.address).status_code, 404)
        self.assertNotContains(self.client.get(reverse("login")), self.address)

    def test_an_hour_later_the_link_is_void(self):
        self.ask()
        link = self.link()
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=61)):
            self.assertContains(self.client.get(link), "older than an hour")


@override_settings(OPENID_DOMAINS=["school.example"])
class OpenIDAccountTest(SchoolTestCase):
    """Whose account a provider's word opens."""

    def test_only_a_verified_address_of_the_school_and_of_one_open_account(self):
        self.ada.email = "Ada@school.example"
        self.ada.save()
        for address, is_verified, expected in (
            ("ada@School.example", True, self.ada),
            ("ada@school.example", False, None),
            ("ada@school.example.evil", True, None),
            ("ada@evil.example", True, None),
            ("who@school.example", True, None),
            ("", True, None),
        ):
            with self.subTest(address=address, is_verified=is_verified):
                self.assertEqual(openid.account_of([(address, is_verified)]), expected)
        twin = make_user("ada2", staff=True, email="ada@school.example")
        self.assertIsNone(openid.account_of([("ada@school.example", True)]))
        twin.is_active = False
        twin.save()
        self.assertEqual(openid.account_of([("ada@school.example", True)]), self.ada)
        self.ada.is_active = False
        self.ada.save()
        self.assertIsNone(openid.account_of([("ada@school.example", True)]))
