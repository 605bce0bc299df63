"""The check: exercises, their tests, and the card under a learner's cell.

Notebooks import three names from here; authors of grading tests import from
`utils.checking.exercise` and `utils.checking.expect`.
"""

from utils.checking.board import progress_board
from utils.checking.check import check, start_lesson

__all__ = ["check", "progress_board", "start_lesson"]
