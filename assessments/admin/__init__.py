"""The admin pages of questions, schemes, papers and marking, by subject."""

from assessments.admin import bank, marking, papers, schemes

__all__ = ["bank", "marking", "papers", "schemes"]
