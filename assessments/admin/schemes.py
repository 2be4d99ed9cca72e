"""Question forms and mark schemes: versions, wording, comparison."""
