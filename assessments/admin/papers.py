"""Papers made of questions, and grade boundaries."""
