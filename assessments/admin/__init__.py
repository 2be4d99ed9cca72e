"""The admin pages of questions, schemes, papers and marking, by subject."""

from assessments.admin import bank, exemplars, marking, papers, schemes

__all__ = ["bank", "exemplars", "marking", "papers", "schemes"]
