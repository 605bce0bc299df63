"""Our grader beside others, on the same small assignment; `bench/grading.py` runs it."""
