from django.urls import path

from lessons import views

app_name = "lessons"

urlpatterns = [
    path("", views.lesson_list, name="lesson-list"),
    path("pictures/<int:pk>/<slug:size>/", views.picture, name="picture"),
    path("<slug:slug>/", views.lesson_detail, name="lesson-detail"),
    path("<slug:slug>/read/", views.section_read, name="section-read"),
    path("<slug:slug>/sources/", views.source_booklet, name="source-booklet"),
    path(
        "<slug:slug>/figures/<slug:figure>/", views.figure_detail, name="figure-detail"
    ),
    path("<slug:slug>/tasks/<slug:task>/", views.task_detail, name="task-detail"),
    path("<slug:slug>/remember/", views.retrieval_start, name="retrieval"),
    path(
        "<slug:slug>/remember/board/<int:step>/",
        views.retrieval_board,
        name="retrieval-board",
    ),
    path("<slug:slug>/remember/next/", views.retrieval_next, name="retrieval-next"),
]
