from django.db import migrations, models


class Migration(migrations.Migration):
    # Apart from the step before: PostgreSQL builds no index on a table whose rows
    # were changed in the same transaction.

    dependencies = [
        ('assessments', '0002_corrections'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.UniqueConstraint(condition=models.Q(('awarded_at__isnull', False), ('corrects', None), ('role', 'first')), fields=('answer',), name='assessments_one_first_mark_an_answer', violation_error_message='Another marker has given the first mark. Yours is a second one.'),
        ),
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.CheckConstraint(condition=models.Q(('corrects', None), ('role', 'first'), _connector='OR'), name='assessments_only_first_marks_are_corrected', violation_error_message='Only a first mark is corrected by another.'),
        ),
    ]
