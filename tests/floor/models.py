from django.db import models


class Draft(models.Model):
    """One text a student, overwritten; `tests.load.rows` makes the table."""

    student_id = models.BigIntegerField(primary_key=True)
    text = models.TextField()

    class Meta:
        managed = False
        app_label = "floor"
        db_table = "floor_draft"

    def __str__(self):
        return str(self.student_id)
