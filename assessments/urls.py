from django.urls import path

from assessments import own_views, version_views, views

app_name = "assessments"

urlpatterns = [
    path("answers/", own_views.my_work, name="my-work"),
    path("answers/export.json", own_views.my_answers_export, name="my-answers-export"),
    path("classes/<int:pk>/dates.ics", own_views.calendar, name="calendar"),
    path(
        "assignments/<int:pk>/start/", views.assignment_start, name="assignment-start"
    ),
    path("assignments/<int:pk>/examples/", views.exemplars, name="exemplars"),
    path(
        "questions/on/<slug:slug>/sheet/", views.question_sheet, name="question-sheet"
    ),
    path("questions/<slug:slug>/", views.question_detail, name="question-detail"),
    path("scripts/<slug:public_id>/", views.script_write, name="script-write"),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/",
        views.script_write,
        name="script-answer",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/save/",
        views.answer_save,
        name="answer-save",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/versions/",
        version_views.answer_versions,
        name="answer-versions",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/versions/<int:number>/",
        version_views.version_detail,
        name="version-detail",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/compare/<int:number>/",
        version_views.version_compare,
        name="version-compare",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/replay/",
        version_views.answer_replay,
        name="answer-replay",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/replay.json",
        version_views.answer_replay_data,
        name="answer-replay-data",
    ),
    path(
        "scripts/<slug:public_id>/answers/<int:order>/improve/",
        views.answer_improve,
        name="answer-improve",
    ),
    path("scripts/<slug:public_id>/desk/", views.desk_sign, name="desk-sign"),
    path(
        "scripts/<slug:public_id>/hand-in/", views.script_hand_in, name="script-hand-in"
    ),
    path(
        "scripts/<slug:public_id>/receipt/", views.script_receipt, name="script-receipt"
    ),
    path(
        "scripts/<slug:public_id>/take-back/",
        views.script_take_back,
        name="script-take-back",
    ),
    path(
        "scripts/<slug:public_id>/self-mark/",
        views.script_self_mark,
        name="script-self-mark",
    ),
    path(
        "scripts/<slug:public_id>/feedback/",
        views.script_feedback,
        name="script-feedback",
    ),
]
