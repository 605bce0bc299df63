"""The picture of the whole course: what a learner will have built, a figure from each lesson.

The figures are those of the solved notebooks. The picture remembers what it shows, so that one
that shows less, more or something else is found out without drawing it again.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
from nbformat import NotebookNode
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from grader.build import BuildError, read_notebook
from grader.headers import Header
from utils.figures import COLORS

TITLE = "What you will have built"
TOLD = "Shows"  # the key under which the file says what it shows
DRAWN = 1  # count up when the drawing below changes

# Pixels; the picture is shown at about half its size
COLUMNS = 4
# a tile's contents, around them, between tiles, around all
INSIDE, EDGE, GAP, MARGIN = 440, 22, 24, 24
TILE = INSIDE + 2 * EDGE
FIGURE_HEIGHT, LINES = 290, 4
TITLE_SIZE, LINE_SIZE, HEAD_SIZE = 25, 24, 50
LINE_HEIGHT = 33
TILE_HEIGHT = EDGE + FIGURE_HEIGHT + 14 + LINES * LINE_HEIGHT + EDGE
INK, PALE, FRAME, PAPER = "#1f2933", "#52606d", "#d4d9de", "white"


@dataclass(frozen=True)
class Tile:
    """A lesson on the picture."""

    number: str
    title: str
    built: str
    figure: bytes  # a PNG file
    where: str  # in the lesson's header


@dataclass(frozen=True)
class Tiles:
    """All lessons that stand, in order."""

    tiles: tuple[Tile, ...]

    @property
    def told(self) -> str:
        """What the picture shows, as it is kept in the file."""
        shown = [
            [tile.number, tile.title, tile.built, hashlib.sha256(tile.figure).hexdigest()]
            for tile in self.tiles
        ]
        return json.dumps({"drawn": DRAWN, "lessons": shown})

    def __bool__(self) -> bool:
        return bool(self.tiles)


def tiles_of(course: Path, headers: Sequence[Header]) -> Tiles:
    """The lessons that name a figure and have a solved notebook that can be read.

    Raises
    ------
    BuildError : where a solved notebook has no such figure
    """
    tiles = []
    for header in headers:
        path = course / "solutions" / f"{header.lesson.name}.ipynb"
        notebook = read_notebook(path)
        if header.figure is None or notebook is None:
            continue
        figure = _figure_in(notebook, header.figure.words)
        if figure is None:
            raise BuildError(
                f"{header.figure.where}: no figure of solutions/{path.name} has the words "
                f"“{header.figure.words}” in its alternative text."
            )
        lesson = header.lesson
        where = header.figure.where
        tiles.append(Tile(lesson.name[:2], lesson.title, header.figure.built, figure, where))
    return Tiles(tuple(tiles))


def _figure_in(notebook: NotebookNode, words: str) -> bytes | None:
    """The last picture of a notebook whose alternative text holds some words."""
    found = None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            alternative = output.get("metadata", {}).get("image/png", {}).get("alt", "")
            if picture and words in alternative:
                found = base64.b64decode(picture)
    return found


def told_by(path: Path) -> str | None:
    """What a stored picture says that it shows; None where there is none, or it says nothing."""
    try:
        with Image.open(path) as picture:
            return picture.info.get(TOLD)
    except OSError:
        return None


def alternative_text(headers: Sequence[Header]) -> str:
    """The picture in words: each lesson that is on it, and what is built there."""
    built = [
        f"{header.lesson.name[:2]}, {header.lesson.title}: {header.figure.built}"
        for header in headers
        if header.figure is not None
    ]
    return f"{TITLE}, a figure from each lesson. " + " ".join(built)


def draw(tiles: Tiles) -> bytes:
    """The picture as a PNG file, the same bytes for the same figures.

    Raises
    ------
    BuildError : where a lesson's words don't fit its tile
    """
    rows = -(-(len(tiles.tiles) + 1) // COLUMNS)
    width = 2 * MARGIN + COLUMNS * TILE + (COLUMNS - 1) * GAP
    height = 2 * MARGIN + rows * TILE_HEIGHT + (rows - 1) * GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    _draw_head(sheet, len(tiles.tiles))
    for place, tile in enumerate(tiles.tiles, start=1):
        row, column = divmod(place, COLUMNS)
        x, y = MARGIN + column * (TILE + GAP), MARGIN + row * (TILE_HEIGHT + GAP)
        _draw_tile(sheet, tile, x, y)
    told = PngImagePlugin.PngInfo()
    told.add_text(TOLD, tiles.told)
    buffer = io.BytesIO()
    reduced = sheet.quantize(256, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    reduced.save(buffer, "png", optimize=True, pnginfo=told)
    return buffer.getvalue()


def _draw_head(sheet: Image.Image, lessons: int) -> None:
    """The first tile: the title."""
    pen = ImageDraw.Draw(sheet)
    x, y = MARGIN + EDGE, MARGIN + EDGE + 90
    for line in textwrap.wrap(TITLE, 13):
        pen.text((x, y), line, fill=COLORS.blue, font=_font(HEAD_SIZE, bold=True))
        y += HEAD_SIZE + 14
    y += 24
    for line in (f"{lessons} lessons,", "and a figure from each."):
        pen.text((x, y), line, fill=PALE, font=_font(LINE_SIZE))
        y += LINE_HEIGHT


def _draw_tile(sheet: Image.Image, tile: Tile, x: int, y: int) -> None:
    pen = ImageDraw.Draw(sheet)
    frame = (x, y, x + TILE - 1, y + TILE_HEIGHT - 1)
    pen.rounded_rectangle(frame, radius=14, outline=FRAME, width=3)
    with Image.open(io.BytesIO(tile.figure)) as stored:
        figure = stored.convert("RGB")
    scale = min(INSIDE / figure.width, FIGURE_HEIGHT / figure.height)
    size = (round(figure.width * scale), round(figure.height * scale))
    figure = figure.resize(size, Image.Resampling.LANCZOS)
    x, y = x + EDGE, y + EDGE
    sheet.paste(figure, (x + (INSIDE - size[0]) // 2, y + (FIGURE_HEIGHT - size[1]) // 2))
    y += FIGURE_HEIGHT + 14
    bold, regular = _font(TITLE_SIZE, bold=True), _font(LINE_SIZE)
    title = _wrapped(pen, f"{tile.number} · {tile.title}", bold)
    built = _wrapped(pen, tile.built, regular)
    if len(title) + len(built) > LINES:
        raise BuildError(
            f"{tile.where}: title and built: take {len(title) + len(built)} lines on the picture "
            f"of the course, and there is room for {LINES}: use fewer words."
        )
    for line in title:
        pen.text((x, y), line, fill=INK, font=bold)
        y += LINE_HEIGHT
    for line in built:
        pen.text((x, y), line, fill=PALE, font=regular)
        y += LINE_HEIGHT


def _wrapped(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """A text in lines that fit a tile."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if pen.textlength(longer, font=font) <= INSIDE:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The letters of the course's figures, which come with matplotlib."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
