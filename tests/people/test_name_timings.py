"""How long the answer takes says nothing about a name (reliability G52)."""

import statistics
import time

import pytest
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from people.attempts import FailedName, Tries
from tests.factories import make_user

ROUNDS = 100


@pytest.mark.long
@override_settings(PASSWORD_HASHERS=["people.hashers.OneAtATimeArgon2"])
class TimingsTest(TestCase):
    @pytest.mark.goal("G52", "5 kinds of names: medians of 100 timings within 10 %")
    def test_every_kind_of_name_takes_as_long(self):
        make_user("been-here")
        make_user("closed", is_active=False)
        make_user("given").give_password(days=14)
        unusable = make_user("unusable")
        unusable.set_unusable_password()
        unusable.save()
        self.client.login(username="been-here", password="a long secret")
        taken = {
            name: []
            for name in ("been-here", "nobody-there", "closed", "given", "unusable")
        }
        for turn in range(ROUNDS + 1):
            for name, times in taken.items():
                client = Client()
                began = time.perf_counter()
                client.post(reverse("login"), {"username": name, "password": "wrong"})
                if turn:  # The first of each loads what the others find.
                    times.append(time.perf_counter() - began)
            Tries.objects.all().delete()
            FailedName.objects.all().delete()

        medians = {name: statistics.median(times) for name, times in taken.items()}
        spread = max(medians.values()) / min(medians.values()) - 1
        words = ", ".join(f"{n} {1000 * m:.1f} ms" for n, m in medians.items())
        self.reached(f"{words}: {spread:.1%}")
        self.assertLessEqual(spread, 0.10)

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached
