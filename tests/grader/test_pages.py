"""The pages about the course: what is built of headers, and what is said of a wrong one."""

import base64
import io

import nbformat
import pytest
from jupytext.myst import myst_to_notebook
from PIL import Image

from grader import course_picture
from grader.build import BuildError, Lesson, _first_lines, assemble, write
from grader.course_picture import told_by
from grader.headers import Formula, header_of, names_in, sections_of
from grader.pages import (
    built_pages,
    cheat_sheet,
    glossary,
    math_of,
    stale_pages,
    write_pages,
)
from utils.lab import CHEAT_SHEET, GLOSSARY, PICTURE

SOURCE = r"""---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
course:
  title: Curves
  minutes: 50
  summary: A lesson for tests.
  terms:
    "The sigmoid: a curve":
      sigmoid: A curve shaped like an S.
      logit:
        means: A score.
        recap: raw score $z$
    Harder curves:
      step: A curve with a jump.
  formulas:
    sigmoid: \sigma(z) = \frac{1}{1 + e^{-z}}
    its ends: ['\sigma(z) > 0', '\sigma(z) < 1']
  picture:
    figure: an S
    built: A curve of your own.
---

# Lesson

```{code-cell} ipython3
:tags: [setup]

import utils
```

## The sigmoid: a curve

Here is the **Sigmoid**, for many **logits**:

$$\sigma(z) = \frac{1}{1+e^{-z}} \qquad \text{so } \sigma(z) > 0$$

```python
## Harder curves
```

and $\sigma(z) < 1$.

## Harder curves

A jump.

```{code-cell} ipython3
print("a demo")
```

This is a **step**.

## Recap

| here | elsewhere |
|---|---|
| Sigmoid | logistic function, `expit` in SciPy |
| raw score $z$ | net input; *log-odds*, for a probability |
| $\rho$ | rho, a letter |

## Quiz
"""

OTHER = r"""---
course:
  title: More
  terms:
    Words:
      ramp: A straight way up.
---

# More

## Words

A **ramp**.

| here | elsewhere |
|---|---|
| step, jump | Heaviside function |
| sigmoid | logistic function, S-curve |
"""


@pytest.fixture
def make(tmp_path):
    """Makes a lesson of a source text, with some text in it replaced."""

    def make(source=SOURCE, *changes, name="02_curves", title="Curves"):
        for old, new in changes:
            assert source.count(old) >= 1, old
            source = source.replace(old, new, 1)
        path = tmp_path / "lessons" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
        notebook = myst_to_notebook(source, add_source_map=True)
        lines = _first_lines(source, notebook)
        return Lesson(path, name, name[3:], title, 50, "…", tuple(notebook.cells), lines, ())

    return make


def entry(page, term):
    (line,) = [line for line in page.splitlines() if line.startswith(f"**{term}** · ")]
    return line


def picture(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(buffer, "png")
    return buffer.getvalue()


def store_solution(course, name, *figures):
    """Write a solved notebook with figures, each a pair of colour and alternative text."""
    outputs = [
        nbformat.v4.new_output(
            "display_data",
            {"image/png": base64.b64encode(picture(colour)).decode()},
            metadata={"image/png": {"alt": alt}},
        )
        for colour, alt in figures
    ]
    cell = nbformat.v4.new_code_cell("draw()", outputs=outputs)
    (course / "solutions").mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), course / "solutions" / f"{name}.ipynb")


def test_a_term_leads_to_the_very_cell_that_introduces_it(make):
    lesson = make()
    page = glossary([header_of(lesson)])
    built = assemble(lesson).blank
    for term, words, heading in [
        ("sigmoid", "Here is the **Sigmoid**", "The sigmoid: a curve"),
        ("step", "This is a **step**", "Harder curves"),
    ]:
        (cell,) = [cell for cell in built.cells if words in cell.source]
        assert f"[02 · {heading}](02_curves.ipynb#cell-id={cell.id})" in entry(page, term)


def test_the_other_names_come_from_all_recaps_each_once(make):
    page = glossary([header_of(make()), header_of(make(OTHER, name="03_more", title="More"))])
    assert "*Also:* logistic function, `expit` in SciPy, S-curve. →" in entry(page, "sigmoid")
    assert "*Also:* jump, Heaviside function. →" in entry(page, "step")
    assert "*Also:* raw score $z$, net input, *log-odds* for a probability. →" in entry(
        page, "logit"
    )
    assert "Also" not in entry(page, "ramp")


def test_a_row_that_belongs_to_no_term_is_not_lost(make):
    more = glossary([header_of(make())]).partition("## More names")[2]
    assert "| $\\rho$ | rho, a letter |" in more
    assert "net input" not in more


def test_terms_stand_in_alphabetical_order_under_their_letters(make):
    page = glossary([header_of(make()), header_of(make(OTHER, name="03_more", title="More"))])
    places = [page.index(t) for t in ("## L", "**logit**", "## R", "**ramp**", "## S", "**step**")]
    assert places == sorted(places)
    assert "**Lesson 03 · More** · ramp" in page


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("unit, node", ["unit", "node"]),
        ("$J(a, b)$; a risk (small, too)", ["$J(a, b)$", "a risk (small, too)"]),
        ("`f(a, b)`, MSE, *Brier score*, for odds", ["`f(a, b)`", "MSE", "*Brier score* for odds"]),
        ("", []),
    ],
)
def test_names_are_parted_outside_brackets_and_formulas_only(cell, names):
    assert names_in(cell) == names


def test_a_heading_in_fenced_code_is_none(make):
    assert [section.heading for section in sections_of(make())] == [
        "Lesson",
        "The sigmoid: a curve",
        "Harder curves",
        "Recap",
        "Quiz",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("**Sigmoid**", "Sigmoid", r"curves.md:11: .*“The sigmoid: a curve” does not introduce"),
        ("**step**", "**steep**", r"curves.md:16: .*write \*\*step\*\* in bold there"),
        ("A jump.", "## A jump", r"curves.md:16: the section “Harder curves” does not introduce"),
        ("Harder curves:\n", "Soft curves:\n", r"curves.md:15: the lesson has no heading “Soft"),
        ("A jump.", "## Harder curves", r"curves.md:15: the lesson has 2 headings “Harder"),
        ("with a jump.", "with a jump", r"curves.md:16: .*'step' is a sentence, with a full stop"),
        ("step: A curve with a jump.", "step:", r"curves.md:16: the meaning of 'step' is a text"),
        ("means: A score.", "mean: A score.", r"curves.md:12: 'logit' has means: and perhaps"),
        ("{1 + e^{-z}}\n", "{1 - e^{-z}}\n", r"curves.md:18: the lesson nowhere says \$\\sigma"),
        ("'\\sigma(z) < 1'", "'\\sigma(z) < 2'", r"curves.md:19: the lesson nowhere says"),
        (
            "    built: A curve of your own.\n",
            "",
            r"curves.md:21: picture holds figure: and built:",
        ),
        ("  terms:\n", "  terms: none\n  t:\n", r"curves.md:9: terms holds lines of the form"),
    ],
)
def test_a_header_that_says_what_the_prose_does_not_is_named(make, old, new, message):
    with pytest.raises(BuildError, match=message):
        header_of(make(SOURCE, (old, new)))


def test_a_term_that_two_lessons_introduce_is_named(make):
    second = make(OTHER, ("ramp: A", "step: A"), ("**ramp**", "**step**"), name="03_more")
    with pytest.raises(
        BuildError, match=r"more.md:6: the term 'step' .* at .*curves.md:16 already"
    ):
        glossary([header_of(make()), header_of(second)])


def test_a_row_that_is_not_in_the_recap_is_named(make):
    lesson = make(SOURCE, ("recap: raw score $z$", "recap: odd score"))
    with pytest.raises(BuildError, match=r"curves.md:12: the recap's table has no row “odd score"):
        glossary([header_of(lesson)])


def test_the_cheat_sheet_sets_each_formula_under_its_lesson(make):
    page = cheat_sheet([header_of(make())])
    assert "<span>02</span> Curves" in page
    assert page.count("<math") == 3
    assert "<mfrac>" in page
    assert page.index("<dt>sigmoid</dt>") < page.index("<dt>its ends</dt>")


@pytest.mark.parametrize("latex", [r"\frac{1}{", r"\nosuchthing{x}"])
def test_a_formula_that_cannot_be_set_is_named(latex):
    with pytest.raises(BuildError, match=r"lessons/02_curves.md:7: .* can't be set"):
        math_of(Formula("f", (latex,), "lessons/02_curves.md:7"))


def test_titles_are_escaped_on_the_cheat_sheet(make):
    assert "<b>" not in cheat_sheet([header_of(make(title="<b>"))])


def test_lessons_without_terms_and_formulas_make_no_pages(make):
    bare = "---\ncourse: {title: Bare}\n---\n\n# Bare\n"
    assert built_pages([header_of(make(bare))]) == {}


def test_a_recap_ends_with_links_that_hold_in_both_folders(make):
    built = assemble(make())
    (blank,) = [cell.source for cell in built.blank.cells if "## Recap" in cell.source]
    (solved,) = [cell.source for cell in built.solution.cells if "## Recap" in cell.source]
    recap = blank[blank.index("## Recap") : blank.index("## Quiz")]
    assert "(glossary.md)" in recap
    assert "(cheat_sheet.html)" in recap
    assert "(../notebooks/glossary.md)" in solved
    assert "(../notebooks/cheat_sheet.html)" in solved


@pytest.fixture
def course(make, tmp_path):
    """A course of one lesson with a figure, its pages built; and its headers."""
    store_solution(tmp_path, "02_curves", ("red", "an S, early"), ("blue", "an S"), ("green", "C"))
    headers = [header_of(make())]
    write_pages(tmp_path, headers)
    return tmp_path, headers


def test_fresh_pages_are_not_stale_and_come_out_the_same(course):
    folder, headers = course
    assert stale_pages(folder, headers) == []
    first = {path.name: path.read_bytes() for path in (folder / "notebooks").iterdir()}
    assert set(first) == {GLOSSARY, CHEAT_SHEET, PICTURE}
    for path in (folder / "notebooks").iterdir():
        path.unlink()
    write_pages(folder, headers)
    assert {path.name: path.read_bytes() for path in (folder / "notebooks").iterdir()} == first


@pytest.mark.parametrize("name", [GLOSSARY, CHEAT_SHEET, PICTURE])
@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"x")])
def test_a_missing_or_damaged_page_is_stale(course, name, damage):
    folder, headers = course
    damage(folder / "notebooks" / name)
    assert stale_pages(folder, headers) == [f"notebooks/{name}"]
    write_pages(folder, headers)
    assert stale_pages(folder, headers) == []


def test_the_picture_shows_the_last_figure_with_these_words(course):
    folder, _ = course
    with Image.open(folder / "notebooks" / PICTURE) as drawn:
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 20)}
    assert (0, 0, 255) in colours
    assert (255, 0, 0) not in colours


def test_the_picture_is_stale_when_a_figure_a_title_or_a_lesson_changes(course, make):
    folder, headers = course
    told = told_by(folder / "notebooks" / PICTURE)
    stale = [f"notebooks/{PICTURE}"]

    renamed = header_of(make(title="Bends"))
    assert PICTURE in stale_pages(folder, [renamed])[-1]
    more = make(
        SOURCE,
        ("sigmoid: A", "curve: A"),
        ("the **Sigmoid**", "the **curve**"),
        ("logit:\n", "score:\n"),
        ("**logits**", "**scores**"),
        ("step: A", "jump: A"),
        ("**step**", "**jump**"),
        name="03_more",
    )
    store_solution(folder, "03_more", ("grey", "an S"))
    assert stale_pages(folder, [*headers, header_of(more)])[-1:] == stale
    assert stale_pages(folder, headers) == []
    store_solution(folder, "02_curves", ("black", "an S"))
    assert stale_pages(folder, headers) == stale
    write_pages(folder, headers)
    assert told_by(folder / "notebooks" / PICTURE) != told


def test_a_picture_that_shows_the_same_is_not_drawn_again(course, monkeypatch):
    folder, headers = course
    monkeypatch.setattr("grader.pages.draw", lambda tiles: pytest.fail("drawn again"))
    write_pages(folder, headers)


def test_a_figure_that_is_not_there_is_named(course):
    folder, headers = course
    store_solution(folder, "02_curves", ("black", "a circle"))
    with pytest.raises(BuildError, match=r"curves.md:21: no figure of solutions/02_curves.ipynb"):
        stale_pages(folder, headers)


@pytest.mark.parametrize("content", ["", "<<<<<<< ours", "[]"])
def test_a_damaged_solution_is_not_on_the_picture_and_stops_nothing(course, content):
    folder, headers = course
    (folder / "solutions" / "02_curves.ipynb").write_text(content)
    assert stale_pages(folder, headers) == []  # without any figure there is no picture


def tile(built):
    return course_picture.Tile(
        "00", "From one neuron to a network", built, picture("red"), "lessons/00.md:7"
    )


def test_four_lines_fit_a_tile():
    sheet = Image.new("RGB", (course_picture.TILE + 200, course_picture.TILE_HEIGHT + 200), "white")
    course_picture._draw_tile(sheet, tile("jumping " * 6), 0, 0)
    box = sheet.convert("L").point(lambda ink: 255 * (ink < 250)).getbbox()
    assert box == (0, 0, course_picture.TILE, course_picture.TILE_HEIGHT)  # the frame


def test_words_that_do_not_fit_a_tile_are_named():
    with pytest.raises(BuildError, match=r"lessons/00.md:7: title and built: take 5 lines"):
        course_picture.draw(course_picture.Tiles((tile("jumping " * 12),)))


def test_a_write_that_is_interrupted_leaves_the_old_page(tmp_path, monkeypatch):
    write(tmp_path / GLOSSARY, "old")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError))
    with pytest.raises(OSError):
        write(tmp_path / GLOSSARY, "new")
    assert (tmp_path / GLOSSARY).read_text() == "old"
