"""Opening the course copies what is missing and never touches what a learner wrote."""

import json

import pytest

from utils import lab


@pytest.fixture
def folders(tmp_path):
    source, work = tmp_path / "notebooks", tmp_path / "work"
    source.mkdir()
    for name in ("00_start.ipynb", "01_next.ipynb"):
        (source / name).write_text(f"blank {name}")
    return source, work


def test_all_lessons_are_copied_at_first(folders):
    source, work = folders
    copies = lab.copy_missing_notebooks(source, work)
    assert [copy.name for copy in copies] == ["00_start.ipynb", "01_next.ipynb"]
    assert (work / "01_next.ipynb").read_text() == "blank 01_next.ipynb"


def test_what_a_learner_wrote_stays(folders):
    source, work = folders
    lab.copy_missing_notebooks(source, work)
    (work / "00_start.ipynb").write_text("my own work")
    (source / "00_start.ipynb").write_text("a new release")
    assert lab.copy_missing_notebooks(source, work) == []
    assert (work / "00_start.ipynb").read_text() == "my own work"


def test_a_new_lesson_arrives_beside_the_old_ones(folders):
    source, work = folders
    lab.copy_missing_notebooks(source, work)
    (source / "02_later.ipynb").write_text("blank")
    assert lab.copy_missing_notebooks(source, work) == [work / "02_later.ipynb"]


def test_a_removed_notebook_comes_back_blank(folders):
    source, work = folders
    lab.copy_missing_notebooks(source, work)
    (work / "00_start.ipynb").unlink()
    assert lab.copy_missing_notebooks(source, work) == [work / "00_start.ipynb"]


def test_a_link_in_work_is_not_replaced(folders, tmp_path):
    source, work = folders
    work.mkdir()
    (work / "00_start.ipynb").symlink_to(tmp_path / "unplugged" / "00_start.ipynb")
    assert [copy.name for copy in lab.copy_missing_notebooks(source, work)] == ["01_next.ipynb"]
    assert (work / "00_start.ipynb").is_symlink()


def test_an_interrupted_copy_leaves_no_notebook(folders, monkeypatch):
    source, work = folders

    def stop_half_way(origin, target):
        target.write_text("bla")
        raise KeyboardInterrupt

    monkeypatch.setattr(lab.shutil, "copyfile", stop_half_way)
    with pytest.raises(KeyboardInterrupt):
        lab.copy_missing_notebooks(source, work)
    assert list(work.glob("*.ipynb")) == []


def test_the_courses_pages_are_laid_beside_the_lessons_and_kept_up_to_date(folders):
    source, work = folders
    lab.copy_missing_notebooks(source, work)
    for name in lab.PAGES:
        (source / name).write_text("old")
    lab.bring_pages_up_to_date(source, work)
    assert [(work / name).read_text() for name in lab.PAGES] == ["old"] * 3
    (source / "glossary.md").write_text("new")
    lab.bring_pages_up_to_date(source, work)
    assert (work / "glossary.md").read_text() == "new"
    assert (work / "00_start.ipynb").read_text() == "blank 00_start.ipynb"


def test_a_page_that_is_up_to_date_is_not_written_again(folders):
    source, work = folders
    work.mkdir()
    (source / "glossary.md").write_text("same")
    lab.bring_pages_up_to_date(source, work)
    before = (work / "glossary.md").stat().st_ino
    lab.bring_pages_up_to_date(source, work)
    assert (work / "glossary.md").stat().st_ino == before


def test_a_course_without_pages_opens_all_the_same(folders):
    source, work = folders
    work.mkdir()
    lab.bring_pages_up_to_date(source, work)
    assert list(work.iterdir()) == []


def test_an_interrupted_update_leaves_the_old_page(folders, monkeypatch):
    source, work = folders
    work.mkdir()
    (work / "glossary.md").write_text("old")
    (source / "glossary.md").write_text("new")

    def stop_half_way(origin, target):
        target.write_text("ne")
        raise KeyboardInterrupt

    monkeypatch.setattr(lab.shutil, "copyfile", stop_half_way)
    with pytest.raises(KeyboardInterrupt):
        lab.bring_pages_up_to_date(source, work)
    assert (work / "glossary.md").read_text() == "old"


def test_without_lessons_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make build"):
        lab.copy_missing_notebooks(tmp_path, tmp_path / "work")


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "firefox"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_a_browser_opens_only_where_there_is_a_display(environment, platform, expected):
    assert lab.can_open_browser(environment, platform) is expected


def test_without_a_display_jupyter_only_prints_the_address(tmp_path):
    arguments = lab.lab_arguments(tmp_path, "00_start.ipynb", as_root=False, browser=False)
    assert "--no-browser" in arguments
    assert "--LabApp.default_url=/lab/tree/00_start.ipynb" in arguments
    assert "--allow-root" not in arguments


def test_root_in_a_container_is_let_in(tmp_path):
    arguments = lab.lab_arguments(tmp_path, "00_start.ipynb", as_root=True, browser=True)
    assert "--allow-root" in arguments
    assert "--no-browser" not in arguments


def test_nobody_is_asked_about_news_and_other_settings_stay(tmp_path):
    path = tmp_path / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    path.parent.mkdir(parents=True)
    tracker = "@jupyterlab/notebook-extension:tracker"
    theirs = {"of the lab's own": {"theme": "dark"}, tracker: {"scrollPastEnd": False}}
    path.write_text(json.dumps(theirs))
    assert lab.write_settings(tmp_path) == path
    settings = json.loads(path.read_text())
    assert settings["of the lab's own"] == {"theme": "dark"}
    assert settings[tracker] == {"scrollPastEnd": False, **lab.SETTINGS[tracker]}
    news = settings["@jupyterlab/apputils-extension:notification"]
    assert news == {"fetchNews": "false", "checkForUpdates": False}


def test_damaged_settings_are_written_anew(tmp_path):
    path = lab.write_settings(tmp_path)
    path.write_text("{half")
    lab.write_settings(tmp_path)
    assert json.loads(path.read_text()) == lab.SETTINGS


def test_without_jupyterlab_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert lab.main([]) == 2
    assert "make lab" in capsys.readouterr().err


def test_main_hands_our_and_the_users_options_to_jupyterlab(folders, monkeypatch, capsys):
    import jupyterlab.labapp

    source, work = folders
    started = []
    monkeypatch.setattr(jupyterlab.labapp, "main", started.append)
    monkeypatch.setattr(lab, "COURSE", source.parent)
    monkeypatch.setattr(lab, "write_settings", lambda prefix: None)
    assert lab.main(["--port", "9999"]) == 0
    assert started[0][0] == f"--ServerApp.root_dir={work}"
    assert started[0][-2:] == ["--port", "9999"]
    assert "00_start.ipynb, 01_next.ipynb" in capsys.readouterr().out
