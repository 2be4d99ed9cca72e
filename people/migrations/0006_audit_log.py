"""The audit log, and the database's own refusal to change it.

SQLite forgets a table's triggers when a later migration remakes the table: such a
migration has to call `protect` again (tests/people/test_audit.py would tell).
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


KEPT_AT_LEAST_DAYS = 180
REFUSAL = "The audit log is only ever appended to."

SQLITE = (
    f"""
    CREATE TRIGGER people_auditentry_no_update BEFORE UPDATE ON people_auditentry
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER people_auditentry_no_delete BEFORE DELETE ON people_auditentry
    WHEN OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-{KEPT_AT_LEAST_DAYS} days')
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
)
POSTGRESQL = (
    f"""
    CREATE FUNCTION people_auditentry_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE'
            AND OLD.at <= now() - interval '{KEPT_AT_LEAST_DAYS} days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER people_auditentry_kept BEFORE UPDATE OR DELETE ON people_auditentry
    FOR EACH ROW EXECUTE FUNCTION people_auditentry_kept()
    """,
)


def protect(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    # Not `execute` with parameters: the percent signs are SQLite's own.
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def lay_open(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER people_auditentry_no_update")
        schema_editor.execute("DROP TRIGGER people_auditentry_no_delete")
    else:
        schema_editor.execute("DROP TRIGGER people_auditentry_kept ON people_auditentry")
        schema_editor.execute("DROP FUNCTION people_auditentry_kept()")


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_attempts'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='when')),
                ('action', models.CharField(choices=[('signed in', 'signed in'), ('sign-in failed', 'sign-in failed'), ('signed out', 'signed out'), ('password changed', 'own password changed'), ('password given', 'password or code given'), ('second factor', 'second factor changed'), ('account', 'account made or changed'), ('membership', 'role or class changed'), ('settings', 'school settings changed'), ('viewed in bulk', 'students’ data viewed in bulk'), ('exported', 'students’ data exported'), ('marked', 'mark given'), ('mark changed', 'mark changed'), ('released', 'marks released'), ('taken back', 'marks taken back'), ('dates changed', 'dates or arrangements changed'), ('late decided', 'late or kept text decided'), ('revealed', 'name revealed before release'), ('flagged', 'safeguarding concern raised or read'), ('data handed out', 'a student’s data handed out'), ('erasure', 'erasure asked for, refused or done'), ('retention', 'old data deleted'), ('restored', 'backup restored')], max_length=20, verbose_name='what')),
                ('detail', models.CharField(max_length=400, verbose_name="detail")),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('group', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='people.teachinggroup', verbose_name='class')),
                ('person', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='about')),
            ],
            options={
                'verbose_name': 'entry of the audit log',
                'verbose_name_plural': 'audit log',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='AuditAddress',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='origin', serialize=False, to='people.auditentry')),
                ('address', models.CharField(max_length=45)),
            ],
            options={
                'verbose_name': 'address',
                'verbose_name_plural': 'addresses',
            },
        ),
        migrations.RunPython(protect, lay_open),
    ]
