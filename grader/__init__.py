"""What instructors and pipelines run: `python -m grader`."""
