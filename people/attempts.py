"""Guessing is slow at every door, and nobody is locked out (docs/security.md).

Each check of a password or a code is first counted here, by account and computer:
a classmate who tries a name elsewhere never stops its owner at a computer that they
have used. The counts are in the database, under keys that name nobody.
"""

import datetime
import logging
import math
import unicodedata

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _, ngettext_lazy

from people import waits
from people.addresses import client_address
from people.devices import Device

logger = logging.getLogger(__name__)


class Wait(Exception):  # noqa: N818 (not a fault: it passes)
    """Nothing was checked: so many seconds have to pass before the next try."""

    def __init__(self, seconds, in_lane=False):
        self.seconds = seconds
        self.in_lane = in_lane

    @property
    def sentence(self):
        """Say how long, in words that are the same for every name there could be."""
        if self.in_lane:
            return ngettext_lazy(
                "Many sign-ins are failing on this network, so everybody new to a "
                "computer goes one after another. Try again in %(n)d second.",
                "Many sign-ins are failing on this network, so everybody new to a "
                "computer goes one after another. Try again in %(n)d seconds.",
                self.seconds,
            ) % {"n": self.seconds}
        return ngettext_lazy(
            "Too many tries with this username. Wait %(n)d second, then try again.",
            "Too many tries with this username. Wait %(n)d seconds, then try again.",
            self.seconds,
        ) % {"n": self.seconds}


class Tries(models.Model):
    """Wrong tries in a row, under one key."""

    key = models.CharField(max_length=40, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("wrong tries")
        verbose_name_plural = _("wrong tries")

    def __str__(self):
        return f"{self.failures}"

    def seconds_left(self, now):
        since = (now - self.failed_at).total_seconds()
        if since >= waits.FORGOTTEN_AFTER:
            return 0
        return waits.seconds_left(self.failures, since)


class Lane(models.Model):
    """An address from which sign-ins come, and when the slow lane last moved."""

    address = models.CharField(max_length=40, primary_key=True)
    checked_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("slow lane")
        verbose_name_plural = _("slow lanes")

    def __str__(self):
        return self.address


class FailedName(models.Model):
    """A name that somebody failed on from an address and has not put right."""

    address = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    failed_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("failed name")
        verbose_name_plural = _("failed names")
        constraints = [
            models.UniqueConstraint(
                fields=["address", "name"], name="people_failed_name_once"
            )
        ]

    def __str__(self):
        return self.name


class LaneTurn(models.Model):
    """When a name may be tried from an address whose sign-ins are slowed."""

    address = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("turn in the slow lane")
        verbose_name_plural = _("turns in the slow lane")
        constraints = [
            models.UniqueConstraint(
                fields=["address", "name"], name="people_lane_turn_once"
            )
        ]

    def __str__(self):
        return self.name


def normal(username):
    """Return a name as it is counted: however it was typed, it is the same one."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def _key(kind, value):
    hashed = salted_hmac("people.attempts", f"{kind}\0{value}", algorithm="sha256")
    return hashed.hexdigest()[:40]


def _locked(model, **row):
    """Return the row with that key, locked until the transaction ends."""
    model.objects.bulk_create([model(**row)], ignore_conflicts=True)
    return model.objects.select_for_update().get(pk=next(iter(row.values())))


def _ago(now, seconds):
    return now - datetime.timedelta(seconds=seconds)


class Attempt:
    """One try, counted as wrong before it is checked.

    Counting afterwards would let a hundred guesses through at once: each would find
    the count of before. `was_right` takes it back.
    """

    def __init__(self, request, username):
        self.name = normal(username)
        device = Device(request)
        self.is_known = device.knows(self.name)
        self.key = (
            _key("device", f"{device.number}\0{self.name}")
            if self.is_known
            else _key("name", self.name)
        )
        self.address = client_address(request)
        self.address_key = _key("address", self.address)
        self.name_key = _key("failed", self.name)
        self.now = timezone.now()
        self.failed_before = None
        self.name_failed_before = None

    def begin(self):
        """Count the try, or raise `Wait`. A wait is over by itself: it never grows."""
        with transaction.atomic():
            wait = self._count()
        if wait is not None:
            raise wait

    def _count(self):
        tries = _locked(Tries, key=self.key, failed_at=self.now)
        if left := tries.seconds_left(self.now):
            return Wait(left)
        if not self.is_known:
            left = self._count_name()
            if left:
                return Wait(math.ceil(left), in_lane=True)
        if abs((self.now - tries.failed_at).total_seconds()) >= waits.FORGOTTEN_AFTER:
            tries.failures = 0
        self.failed_before = tries.failed_at
        tries.failures += 1
        tries.failed_at = self.now
        tries.save(update_fields=["failures", "failed_at"])
        return None

    def _count_name(self):
        """Count the name against its address; return the seconds to queue."""
        lane = _locked(Lane, address=self.address_key)
        others = FailedName.objects.filter(
            address=self.address_key,
            failed_at__gt=_ago(self.now, waits.NAMES_WITHIN),
        ).exclude(name=self.name_key)
        if others.count() >= waits.NAMES_AT_ONCE:
            self._warn(lane)
            if left := self._queue(lane):
                return left
        row, is_new = FailedName.objects.get_or_create(
            address=self.address_key,
            name=self.name_key,
            defaults={"failed_at": self.now},
        )
        if not is_new:
            self.name_failed_before = row.failed_at
            row.failed_at = self.now
            row.save(update_fields=["failed_at"])
        return 0

    def _queue(self, lane):
        """Let this name through, or return the seconds until its turn."""
        turns = LaneTurn.objects.filter(address=self.address_key)
        late = _ago(self.now, waits.LANE_LENGTH)
        turns.filter(due_at__lt=late).delete()
        # Nobody was promised so late a turn: the clock was put right meanwhile.
        soon = self.now + datetime.timedelta(seconds=2 * waits.LANE_LENGTH)
        turns.filter(due_at__gt=soon).delete()
        if lane.checked_at and lane.checked_at > soon:
            lane.checked_at = None
        own = turns.filter(name=self.name_key).first()
        now = self.now.timestamp()
        if own is not None and own.due_at > self.now:
            return (own.due_at - self.now).total_seconds()
        last = None
        if own is None:
            last = turns.aggregate(last=models.Max("due_at"))["last"]
        due = waits.place_in_lane(
            now,
            lane.checked_at and lane.checked_at.timestamp(),
            last and last.timestamp(),
        )
        if due is None:
            return waits.LANE_LENGTH
        if due > now:
            if own is None:
                LaneTurn.objects.create(
                    address=self.address_key,
                    name=self.name_key,
                    due_at=datetime.datetime.fromtimestamp(due, datetime.UTC),
                )
            return due - now
        if own is not None:
            own.delete()
        lane.checked_at = self.now
        lane.save(update_fields=["checked_at"])
        return 0

    def _warn(self, lane):
        """Write it down once for each attack; the staff's front page says it too."""
        quiet = _ago(self.now, waits.FORGOTTEN_AFTER)
        if lane.warned_at is None or lane.warned_at < quiet:
            logger.warning(
                "Sign-ins from %s fail on more than %d names and are slowed.",
                self.address or "an unknown address",
                waits.NAMES_AT_ONCE,
            )
            lane.warned_at = self.now
            lane.save(update_fields=["warned_at"])

    def was_right(self):
        """Take the try back. What had gone wrong before it still counts."""
        with transaction.atomic():
            undone = Tries.objects.filter(pk=self.key, failures__gt=0)
            undone.update(
                failures=F("failures") - 1,
                failed_at=models.Case(
                    # Only if nobody has tried in the meantime.
                    models.When(failed_at=self.now, then=self.failed_before),
                    default=F("failed_at"),
                ),
            )
            if not self.is_known:
                self._put_name_right()

    def _put_name_right(self):
        own = FailedName.objects.filter(address=self.address_key, name=self.name_key)
        before = self.name_failed_before
        if before is None or before >= _ago(self.now, waits.PUT_RIGHT_WITHIN):
            own.delete()
        else:
            own.filter(failed_at=self.now).update(failed_at=before)


def begin(request, username):
    """Count a try at any door before it is checked, or raise `Wait`."""
    attempt = Attempt(request, username)
    attempt.begin()
    return attempt


def let_in(request, username, response):
    """Note a finished sign-in: this computer knows the account from now on.

    Only now are the computer's own wrong tries forgiven: with a second factor, a
    right password alone would let its holder guess codes for ever.
    """
    name = normal(username)
    device = Device(request)
    if device.knows(name):
        key = _key("device", f"{device.number}\0{name}")
        Tries.objects.filter(pk=key).delete()
    device.remember(name, response)


def waiting(usernames):
    """Return username → seconds that a new computer has to wait, where it has to."""
    now = timezone.now()
    keys = {_key("name", normal(username)): username for username in usernames}
    rows = Tries.objects.filter(pk__in=keys)
    return {keys[row.pk]: left for row in rows if (left := row.seconds_left(now))}


def forgive(username):
    """Forget the wrong tries from computers new to this account."""
    Tries.objects.filter(pk=_key("name", normal(username))).delete()


def is_under_attack():
    """Whether sign-ins from some address are slowed, or were a few minutes ago."""
    recently = _ago(timezone.now(), waits.FORGOTTEN_AFTER)
    return Lane.objects.filter(warned_at__gte=recently).exists()


def forget_old():
    """Delete what no longer counts; return how many rows that were."""
    before = _ago(timezone.now(), waits.FORGOTTEN_AFTER)
    old = Q(checked_at=None) | Q(checked_at__lt=before)
    gone = (
        Tries.objects.filter(failed_at__lt=before),
        FailedName.objects.filter(failed_at__lt=before),
        LaneTurn.objects.filter(due_at__lt=before),
        Lane.objects.filter(old).filter(Q(warned_at=None) | Q(warned_at__lt=before)),
    )
    return sum(rows.delete()[0] for rows in gone)
