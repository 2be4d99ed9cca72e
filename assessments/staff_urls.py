"""The teacher's own pages, which stand under the admin's address."""

from django.urls import path

from assessments.admin import concerns, data_protection, overview

app_name = "staff"

urlpatterns = [
    path("search/", overview.search, name="search"),
    path("students/<int:pk>/data/", data_protection.student_data, name="student-data"),
    path(
        "students/<int:pk>/data.<str:kind>",
        data_protection.hand_out,
        name="student-data-file",
    ),
    path("students/<int:pk>/erasure/", data_protection.erasure, name="student-erasure"),
    path("retention/", data_protection.retention_page, name="retention"),
    path("concerns/", concerns.concerns, name="concerns"),
    path("concerns/<int:pk>/", concerns.concern, name="concern"),
    path("classes/<int:pk>/", overview.class_overview, name="class-overview"),
    path("classes/<int:pk>/missing/", overview.class_missing, name="class-missing"),
    path(
        "classes/<int:pk>/feedback/",
        overview.class_feedback_run,
        name="class-feedback-run",
    ),
    path(
        "classes/<int:pk>/marks.<str:kind>", overview.class_export, name="class-export"
    ),
    path(
        "years/<int:cohort>/marks.<str:kind>", overview.year_export, name="year-export"
    ),
    path("students/<int:pk>/", overview.student_overview, name="student-overview"),
    path(
        "students/<int:pk>/feedback/",
        overview.student_feedback_run,
        name="student-feedback-run",
    ),
    path("tasks/<int:pk>/writing/", overview.writing_now, name="writing-now"),
    path(
        "tasks/<int:pk>/class-feedback/",
        overview.class_feedback_make,
        name="class-feedback-make",
    ),
    path(
        "class-feedback/<int:pk>/", overview.class_feedback_edit, name="class-feedback"
    ),
    path(
        "class-feedback/<int:pk>/board/",
        overview.class_feedback_board,
        name="class-feedback-board",
    ),
]
