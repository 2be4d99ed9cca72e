"""The second factor of staff: a code from an app, a passkey, or a code on paper.

Works without internet. Nobody is signed in between password and factor: the session
holds only whose password was right, for `HALF_SECONDS`.
"""

import json
import secrets
import time

import pyotp
import webauthn
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from webauthn.helpers import exceptions, structs

from people import audit
from people.audit import AuditEntry

HALF_SECONDS = 5 * 60
CODES = 10
# 50 bits: too many to guess at nine tries in five minutes.
CODE_SIGNS = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_STEP_SECONDS = 30
# What the library raises for what a browser never sends.
NO_PASSKEY = (
    exceptions.WebAuthnException, AttributeError, KeyError, TypeError, ValueError,
)  # fmt: skip


class Totp(models.Model):
    """An authenticator app, and the newest code that was taken from it."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="totp"
    )
    secret = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    # A code counts once: whoever reads it over a shoulder is too late.
    last_step = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")

    def __str__(self):
        return str(self.person_id)

    def takes(self, code):
        """Whether this is a code of now, or of half a minute earlier or later."""
        step = step_of(self.secret, code)
        if step is None:
            return False
        newer = Totp.objects.filter(pk=self.pk, last_step__lt=step)
        return bool(newer.update(last_step=step))


class RecoveryCode(models.Model):
    """One of the codes on paper for whoever has lost the phone; used once."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")

    def __str__(self):
        return str(self.person_id)


class Passkey(models.Model):
    """A key that a phone, a computer or a stick holds. Needs HTTPS."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="passkeys"
    )
    name = models.CharField(_("name"), max_length=60)
    credential = models.CharField(max_length=1400, unique=True)
    public_key = models.BinaryField()
    sign_count = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        ordering = ["pk"]

    def __str__(self):
        return self.name


def step_of(secret, code):
    """Return which half minute of the last three a code belongs to, or None."""
    typed = "".join(sign for sign in code if sign.isdecimal() and sign.isascii())
    app = pyotp.TOTP(secret)
    now = int(time.time())
    for step in range(now // _STEP_SECONDS - 1, now // _STEP_SECONDS + 2):
        if constant_time_compare(app.at(step * _STEP_SECONDS), typed):
            return step
    return None


def is_set_up(person):
    """Whether this account asks for more than a password. One query."""
    people = get_user_model().objects.filter(pk=person.pk)
    return people.filter(Q(totp__isnull=False) | Q(passkeys__isnull=False)).exists()


def is_required(person):
    """Whether the school demands one of a role that this person holds today."""
    return bool(
        settings.SECOND_FACTOR_ROLES
        and person.is_staff
        and person.roles & settings.SECOND_FACTOR_ROLES
    )


def takes(person, code):
    """Whether a typed code is right: from the app, or one on paper, which is used up."""
    totp = Totp.objects.filter(person=person).first()
    if totp is not None and totp.takes(code):
        return True
    unused = RecoveryCode.objects.filter(person=person, used_at=None)
    used = unused.filter(digest=_digest(person, code)).update(used_at=timezone.now())
    if used:
        audit.record(
            AuditEntry.Action.SECOND_FACTOR, person, detail="recovery code used"
        )
    return bool(used)


def _digest(person, code):
    plain = "".join(sign for sign in code.lower() if sign in _ALPHABET)
    return salted_hmac(
        "people.factors", f"{person.pk}\0{plain}", algorithm="sha256"
    ).hexdigest()


def new_secret():
    return pyotp.random_base32()


def address_of(secret, person, school):
    """Return what an app reads from the QR code."""
    app = pyotp.TOTP(secret)
    return app.provisioning_uri(name=person.username, issuer_name=school)


@transaction.atomic
def set_up_app(person, secret, code):
    """Keep an app whose first code is right; return recovery codes, or None."""
    step = step_of(secret, code)
    if step is None:
        return None
    Totp.objects.filter(person=person).delete()
    Totp.objects.create(person=person, secret=secret, last_step=step)
    audit.record(AuditEntry.Action.SECOND_FACTOR, person, detail="app set up")
    return new_codes(person)


@transaction.atomic
def new_codes(person):
    """Return ten new codes for paper, shown once; the old ones are void."""
    RecoveryCode.objects.filter(person=person).delete()
    codes = [
        "".join(secrets.choice(_ALPHABET) for _sign in range(CODE_SIGNS))
        for _code in range(CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(person=person, digest=_digest(person, code)) for code in codes
    )
    audit.record(AuditEntry.Action.SECOND_FACTOR, person, detail="new recovery codes")
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def take_away(person):
    """Remove every second factor of an account; return whether there was one."""
    had = is_set_up(person)
    for rows in (person.passkeys, person.recovery_codes):
        rows.all().delete()
    Totp.objects.filter(person=person).delete()
    if had:
        audit.record(AuditEntry.Action.SECOND_FACTOR, person, detail="taken away")
    return had


# Between password and factor


def begin(request, person, next_page):
    """Remember whose password was right, and where they were going."""
    request.session["half"] = {
        "pk": person.pk,
        "backend": person.backend,
        "password": person.get_session_auth_hash(),
        "at": int(time.time()),
        "next": next_page,
    }


def half_signed_in(request):
    """Return (person, where to) of a password that was right a moment ago, or None."""
    half = request.session.get("half")
    if not half or int(time.time()) - half["at"] > HALF_SECONDS:
        return None
    person = get_user_model().objects.filter(pk=half["pk"], is_active=True).first()
    if person is None or not constant_time_compare(
        half["password"], person.get_session_auth_hash()
    ):
        return None
    person.backend = half["backend"]
    return person, half["next"]


# Passkeys


def _party(request):
    """Return (name of the site, its origin) as the browser sees them."""
    host = request.get_host()
    return host.rsplit(":", 1)[0] if ":" in host else host, (
        f"{request.scheme}://{host}"
    )


def registration_options(request, person):
    """Return what a browser needs to make a passkey, as JSON."""
    site, _origin = _party(request)
    options = webauthn.generate_registration_options(
        rp_id=site,
        rp_name=str(request.school),
        user_id=str(person.pk).encode(),
        user_name=person.username,
        user_display_name=str(person),
        exclude_credentials=_known(person),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            user_verification=structs.UserVerificationRequirement.PREFERRED
        ),
    )
    return _asked(request, options)


def sign_in_options(request, person):
    """Return what a browser needs to prove a passkey, as JSON."""
    site, _origin = _party(request)
    options = webauthn.generate_authentication_options(
        rp_id=site, allow_credentials=_known(person)
    )
    return _asked(request, options)


def _known(person):
    return [
        structs.PublicKeyCredentialDescriptor(
            id=webauthn.base64url_to_bytes(key.credential)
        )
        for key in person.passkeys.all()
    ]


def _asked(request, options):
    challenge = webauthn.helpers.bytes_to_base64url(options.challenge)
    request.session["passkey"] = [challenge, int(time.time())]
    return json.loads(webauthn.options_to_json(options))


def _challenge(request):
    """Return the challenge that was set a moment ago; it counts once."""
    challenge, at = request.session.pop("passkey", ["", 0])
    if int(time.time()) - at > HALF_SECONDS:
        # What nobody was told, nobody can have signed.
        return secrets.token_bytes(32)
    return webauthn.base64url_to_bytes(challenge)


def add_passkey(request, person, credential, name):
    """Keep a passkey that the browser made; False where it does not hold."""
    site, origin = _party(request)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=_challenge(request),
            expected_rp_id=site,
            expected_origin=origin,
        )
    except NO_PASSKEY:
        return False
    try:
        with transaction.atomic():
            Passkey.objects.create(
                person=person,
                name=audit.one_line(name)[:60] or "–",
                credential=webauthn.helpers.bytes_to_base64url(made.credential_id),
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
            )
            audit.record(
                AuditEntry.Action.SECOND_FACTOR, person, detail="passkey added"
            )
    except IntegrityError:
        # The same passkey once more.
        return False
    return True


def proves_passkey(request, person, credential):
    """Whether a browser has proved a passkey of this person just now."""
    site, origin = _party(request)
    challenge = _challenge(request)
    named = credential.get("id") if isinstance(credential, dict) else None
    if not isinstance(named, str) or not named.isascii() or "\0" in named:
        return False
    key = person.passkeys.filter(credential=named).first()
    if key is None:
        return False
    try:
        proved = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site,
            expected_origin=origin,
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
    except NO_PASSKEY:
        return False
    key.sign_count, key.used_at = proved.new_sign_count, timezone.now()
    key.save(update_fields=["sign_count", "used_at"])
    return True
