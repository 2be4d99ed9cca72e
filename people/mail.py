"""Mail by the school's own settings, kept in the database."""

from django.core.mail.backends.smtp import EmailBackend

from people.models import School


class SchoolMailBackend(EmailBackend):
    """SMTP with what the site manager entered; silent where that is "no mail"."""

    def __init__(self, fail_silently=False, **kwargs):
        school = School.current()
        self.has_mail = school.has_mail
        super().__init__(
            host=school.mail_host,
            port=school.mail_port,
            username=school.mail_username,
            password=school.mail_password,
            use_tls=school.mail_security == School.MailSecurity.STARTTLS,
            use_ssl=school.mail_security == School.MailSecurity.TLS,
            timeout=10,
            fail_silently=fail_silently,
        )

    def send_messages(self, email_messages):
        return super().send_messages(email_messages) if self.has_mail else 0
