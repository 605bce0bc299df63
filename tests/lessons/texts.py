"""What a lesson says, and what its solved notebook prints: for tests that hold its claims."""

import re
from functools import cached_property

import nbformat

from utils.checking.suite import COURSE


class LessonText:
    """A lesson's source, its prose, and what its solution prints.

    Parameters
    ----------
    lesson : such as "08_batching"
    """

    def __init__(self, lesson: str) -> None:
        self.lesson = lesson
        self.source = (COURSE / "lessons" / f"{lesson}.md").read_text(encoding="utf-8")
        self.prose = _on_one_line(
            re.sub(r"^```\{code-cell\}.*?^```$", "", self.source, flags=re.M | re.S)
        )

    def says(self, sentence: str) -> bool:
        """Whether the prose holds a sentence, however its lines are broken."""
        return _on_one_line(sentence) in self.prose

    def printed(self) -> str:
        """All that the cells of the solved notebook print."""
        return self._printed

    @cached_property
    def _printed(self) -> str:
        notebook = nbformat.read(COURSE / "solutions" / f"{self.lesson}.ipynb", as_version=4)
        cells = (cell for cell in notebook.cells if cell.cell_type == "code")
        return "\n".join(output.get("text", "") for cell in cells for output in cell.outputs)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
