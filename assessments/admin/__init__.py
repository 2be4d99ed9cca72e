"""The admin pages of questions, schemes, papers, setting and marking, by subject."""

from assessments.admin import assignments, bank, exemplars, marking, papers, schemes

__all__ = ["assignments", "bank", "exemplars", "marking", "papers", "schemes"]
