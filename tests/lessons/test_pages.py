"""The glossary, the cheat sheet and the picture of the course, as they are handed out."""

import json
import re
from functools import cache

import pytest
from PIL import Image

from grader.build import lesson_paths, read_lesson
from grader.course_picture import told_by
from grader.headers import header_of, same
from tests.lessons.notebooks import LESSONS, read
from utils.checking.suite import COURSE
from utils.lab import CHEAT_SHEET, GLOSSARY, PAGES, PICTURE

FOLDER = COURSE / "notebooks"
SMALLEST = 7  # points
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# what `make build` writes of a term
ENTRY = re.compile(r"^\*\*(.+?)\*\* · (.+) → \[(\d\d) · (.+)\]\((\S+)#cell-id=(\S+)\)$", re.M)


@cache
def headers():
    return {path.stem: header_of(read_lesson(path)) for path in lesson_paths(COURSE)}


def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_gives_terms_formulas_and_a_figure(lesson):
    header = headers()[lesson]
    assert 8 <= len(header.terms) <= 25, "add terms to the lesson's header: see CONTRIBUTING.md"
    assert header.formulas
    assert header.figure


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_definition_is_one_sentence_in_a_beginners_words(lesson):
    for term in headers()[lesson].terms:
        assert len(re.findall(r"\.(?:\s|$)", term.means)) == 1, term
        assert 3 <= len(term.means.split()) <= 30, term


def test_every_term_leads_to_a_cell_that_has_it_in_bold():
    entries = ENTRY.findall(page(GLOSSARY))
    assert len(entries) == sum(len(header.terms) for header in headers().values())
    cells = {
        (folder, lesson): {cell.id: cell for cell in read(folder, lesson).cells}
        for folder in ("notebooks", "solutions")
        for lesson in LESSONS
    }
    for term, _, number, _, notebook, cell_id in entries:
        lesson = notebook.removesuffix(".ipynb")
        assert lesson[:2] == number
        for folder in ("notebooks", "solutions"):
            source = cells[folder, lesson][cell_id].source
            assert any(same(bold, term) for bold in re.findall(r"\*\*(.+?)\*\*", source)), term


def test_the_section_that_the_glossary_names_is_that_of_the_cell():
    for term, _, _, heading, notebook, cell_id in ENTRY.findall(page(GLOSSARY)):
        above = []
        for cell in read("notebooks", notebook.removesuffix(".ipynb")).cells:
            if cell.cell_type == "markdown":
                above += re.findall(r"^#{1,4} (.+?) *$", cell.source, re.MULTILINE)
            if cell.id == cell_id:
                break
        # the build writes more into the heading of an exercise: its number, its points
        written = re.sub(r"^Exercise: (\w+)$", r"`\1`", heading)
        assert any(written in found for found in above), (term, heading)


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_link_of_a_notebook_to_a_file_beside_it_resolves(folder, lesson):
    found = set()
    for cell in read(folder, lesson).cells:
        if cell.cell_type == "markdown":
            for target in LINK.findall(cell.source):
                if "://" not in target and not target.startswith("#"):
                    assert (COURSE / folder / target).is_file(), target
                    found.add(target.rpartition("/")[2])
    assert {GLOSSARY, CHEAT_SHEET} <= found


def test_the_links_of_the_glossary_resolve():
    for target in LINK.findall(page(GLOSSARY)):
        assert (FOLDER / target.partition("#")[0]).is_file(), target


def test_the_lab_lays_out_all_pages():
    assert set(PAGES) == {GLOSSARY, CHEAT_SHEET, PICTURE}
    for name in PAGES:
        assert (FOLDER / name).is_file()


def test_the_picture_covers_exactly_the_lessons_that_stand():
    shown = json.loads(told_by(FOLDER / PICTURE))["lessons"]
    assert [(number, title) for number, title, *_ in shown] == [
        (lesson[:2], headers()[lesson].lesson.title) for lesson in LESSONS
    ]


def test_the_picture_is_in_lesson_00_with_every_lesson_in_its_words():
    (cell,) = [c for c in read("notebooks", LESSONS[0]).cells if f"]({PICTURE})" in c.source]
    (alternative,) = re.findall(rf"!\[([^\]]*)\]\({PICTURE}\)", cell.source)
    for lesson in LESSONS:
        assert headers()[lesson].figure.built in alternative


def test_the_picture_is_large_enough_to_read_and_small_enough_to_load():
    with Image.open(FOLDER / PICTURE) as drawn:
        assert 1600 <= drawn.width <= 2400
    assert (FOLDER / PICTURE).stat().st_size < 500_000


def test_the_cheat_sheet_has_every_formula_and_fetches_nothing():
    text = page(CHEAT_SHEET)
    formulas = [formula for header in headers().values() for formula in header.formulas]
    assert text.count("<math ") == sum(len(formula.parts) for formula in formulas)
    assert text.count("<dt>") == len(formulas)
    for word in ("src=", "href=", "url(", "@import", "<script"):
        assert word not in text


@pytest.fixture(scope="module")
def sheet():
    """The cheat sheet in Chromium, as it is for paper: 190 mm, between margins of 10 mm."""
    from tests.browser.lab import open_browser

    with open_browser() as browser:
        shown = browser.new_page(viewport={"width": round(190 / 25.4 * 96), "height": 1050})
        shown.emulate_media(media="print")
        shown.goto((FOLDER / CHEAT_SHEET).as_uri())
        yield shown


@pytest.mark.browser
def test_the_cheat_sheet_prints_on_one_sheet_of_a4(sheet):
    pdf = sheet.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert (width / 72 * 25.4, height / 72 * 25.4) == pytest.approx((210, 297), abs=1)


@pytest.mark.browser
def test_no_letter_on_the_cheat_sheet_is_too_small(sheet):
    sizes = sheet.evaluate(
        """() => {
            const sizes = [];
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const text = walker.currentNode;
                if (text.textContent.trim())
                    sizes.push([parseFloat(getComputedStyle(text.parentElement).fontSize) * 0.75,
                                text.textContent.trim()]);
            }
            return sizes;
        }"""
    )
    assert len(sizes) > 500
    assert [pair for pair in sizes if pair[0] < SMALLEST] == []


@pytest.mark.browser
def test_no_formula_on_the_cheat_sheet_leaves_its_column(sheet):
    wide = sheet.evaluate(
        """() => [...document.querySelectorAll("math")].filter(math =>
            math.getBoundingClientRect().right
                > math.closest("section").getClientRects()[0].width
                  + math.closest("div").getBoundingClientRect().left + 1
        ).map(math => math.textContent)"""
    )
    assert wide == []
