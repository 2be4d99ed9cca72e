"""What staff do with texts that do not stand: take in, let stand, bring back.

None of them changes or deletes a text; each is written down as an event.
"""

import hashlib

from django.core import signing
from django.db import transaction

from assessments import difference, versions
from assessments.models import Answer, AnswerVersion, Event
from assessments.models.answer_versions import as_read

_SALT = "assessments.rescue"
# The tab of a rescued text is its own digest: the same text is never kept twice.
_DIGEST_SIGNS = 32


def seal(answer):
    """Return what names this answer and its student in a rescue file, unforgeable."""
    return signing.Signer(salt=_SALT).sign(f"{answer.pk}-{answer.script.student_id}")


class Rescued:
    """A rescue file in front of a member of staff who may take it in."""

    def __init__(self, answer, file):
        self.answer = answer
        self.file = file
        self.script = answer.script
        self.student = answer.script.student

    @classmethod
    def opened(cls, file, user):
        """Return the file's answer for `user`, or None.

        A forged seal, a foreign student and another class look all the same here.
        """
        try:
            answer_id, student_id = (
                signing.Signer(salt=_SALT).unsign(file.seal).split("-")
            )
        except signing.BadSignature:
            return None
        answer = (
            Answer.objects.visible_to(user)
            .filter(pk=answer_id, script__student=student_id)
            .select_related(
                "script__student",
                "script__assignment__group",
                "question__type",
                "current__whole",
                "current_plan__whole",
            )
            .first()
        )
        if answer is None or not answer.script.can_have_text_chosen_by(user):
            return None
        return cls(answer, file)

    def known(self, part):
        """Return the newest version that holds this text already, or None."""
        text = self.file.parts[part].text
        alike = self.answer.versions.filter(
            part=part, checksum=versions.checksum(text), length=len(text)
        ).select_related("whole")
        return next((version for version in alike if version.text == text), None)

    def parts(self):
        """Return what a page shows of each text: itself, and against what stands."""
        rows = []
        for part, kept in self.file.parts.items():
            standing = self.answer.standing(part)
            stood = standing.readable if standing else ""
            text = as_read(part, kept.text)
            rows.append(
                {
                    "part": part,
                    "text": text,
                    "words": len(text.split()),
                    "standing": standing,
                    "known": self.known(part),
                    "stands": stood == text,
                    "pieces": difference.words(stood, text),
                }
            )
        return rows

    @property
    def is_marked(self):
        return "answer" in self.file.parts and self.answer.has_marks

    @transaction.atomic
    def keep(self, user):
        """Keep each text that is not known yet beside what stands; return how many."""
        new = 0
        for part, kept in self.file.parts.items():
            if self.known(part) is not None:
                continue
            digest = hashlib.sha256(kept.text.encode()).hexdigest()[:_DIGEST_SIGNS]
            result = self.answer.keep(
                kept.text,
                writer=self.student,
                origin=AnswerVersion.Origin.RESCUE,
                part=part,
                tab=f"rescue-{digest}",
                number=1,
                base=kept.base,
            )
            new += not result.is_repeated
        if new:
            Event.record(self.script, user, Event.Kind.RESCUED)
        return new

    @transaction.atomic
    def let_stand(self, user):
        """Keep what is new, then let the file’s texts stand; return how many do newly.

        Raises `MarkedAlreadyError` where a mark refuses it, and keeps nothing then.
        """
        self.keep(user)
        newly = 0
        for part in self.file.parts:
            version = self.known(part)
            self.answer.refresh_from_db()
            standing = self.answer.standing(part)
            if standing is None or standing.text != version.text:
                let_stand(self.answer, version, user)
                newly += 1
        return newly


@transaction.atomic
def let_stand(answer, version, user):
    """Let a kept text stand by a teacher’s decision; see `Answer.let_stand`."""
    answer.let_stand(version, AnswerVersion.Origin.LET_STAND)
    Event.record(answer.script, user, Event.Kind.LET_STAND)


@transaction.atomic
def bring_back(answer, version, user):
    """Bring an earlier text back by command, in the name of a member of staff."""
    answer.let_stand(version, AnswerVersion.Origin.RESTORE)
    Event.record(answer.script, user, Event.Kind.BROUGHT_BACK)
