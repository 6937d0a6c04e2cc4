"""A project of its own, laid out by an installed wheel: nothing of the repository is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, copy_project_with_tests
from parspread_tools import layout
from parspread_tools.console.init import DATA, lay_out
from parspread_tools.console.project import CommandError

SAMPLE = ROOT / "seeds" / "sample"


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file that belongs to a project, by its path."""
    found = {}
    for name in layout.PARTS:
        place = folder / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            inner = path.relative_to(folder)
            if (
                path.is_file()
                and "__pycache__" not in inner.parts
                and inner.parts[1:2] != ("python",)
            ):
                found[str(inner)] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a fresh environment that has the wheel, built without a network."""
    if int(version("setuptools").split(".")[0]) < 77:
        pytest.skip("needs setuptools of requirements.lock to build the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_project_with_tests(folder / "source", has_python=True)
    (source / "docs").mkdir()
    for name in (
        "setup.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        ".gitignore",
        "docs/inputs.md",
    ):
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "dashboards", source / "dashboards")
    offline = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", ".", "--no-build-isolation", "--wheel-dir", str(folder), *offline]
    subprocess.run([sys.executable, "-m", "pip", *build], cwd=source, check=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    subprocess.run([python, "-m", "pip", "install", *offline, wheel], check=True)
    (site,) = (folder / "env" / "lib").glob("python3*/site-packages")
    # The packages that it needs are those of this environment; its own come first.
    (site / "needed.pth").write_text(str(Path(duckdb.__file__).parents[1]))
    return python


def run(python: Path, *command: str | Path, folder: Path, code: int = 0) -> str:
    """Run a command of the fresh environment, without anything of ours."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PARSPREAD", "PYTHON"))}
    done = subprocess.run(
        [python, *command], cwd=folder, env=variables, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_wheel_lays_out_a_project_that_builds(installed: Path, tmp_path: Path) -> None:
    """The files are those of the repository; own files are checked and read."""
    parspread = installed.with_name("parspread")
    run(installed, parspread, "init", "mine", folder=tmp_path)
    project = tmp_path / "mine"
    for name in ("cdx", "vix", "etf"):
        shutil.copy(SAMPLE / f"{name}.csv", project / DATA)
    assert "sound: 3 vendor files of data" in run(installed, parspread, "check", folder=project)
    said = run(installed, parspread, "build", "-s", "+dim_input_files", folder=project)
    assert "not published: a partial build" in said and "done: " in said
    wrong = ("build", "--vars", "{min_trade_count: x}")
    said = run(installed, parspread, *wrong, folder=project, code=2)
    assert said.startswith("nothing was run: ") and said.count("min_trade_count") == 1
    with duckdb.connect(str(project / "build" / "parspread.duckdb"), read_only=True) as built:
        names = built.sql("select file_name from quality.dim_input_files order by 1").fetchall()
    assert {"cdx.csv", "vix.csv", "etf.csv"} == {name for (name,) in names}


def test_a_wheel_holds_the_whole_project(installed: Path, tmp_path: Path) -> None:
    run(installed, installed.with_name("parspread"), "init", "mine", folder=tmp_path)
    assert_same_project(tmp_path / "mine")


def test_the_repository_lays_out_the_same_project(tmp_path: Path) -> None:
    lay_out(tmp_path / "mine")
    assert_same_project(tmp_path / "mine")
    assert (tmp_path / "mine" / DATA / "README.md").is_file()
    with pytest.raises(CommandError, match="must be a new or empty folder"):
        lay_out(tmp_path / "mine")


def assert_same_project(project: Path) -> None:
    """Every file is that of the repository, but for the folder of the data."""
    ours, theirs = files_of(ROOT), files_of(project)
    # What dbt reads, by its own settings.
    for needed in ("models/", "macros/", "seeds/", "tests/", "profiles.yml", "selectors.yml"):
        assert any(name.startswith(needed) for name in theirs), needed
    assert ours.keys() == theirs.keys() and len(ours) > 400
    assert [name for name in ours if ours[name] != theirs[name]] == ["dbt_project.yml"]
    settings = ours["dbt_project.yml"].replace(b"'seeds/sample'", f"'{DATA}'".encode())
    assert theirs["dbt_project.yml"] == settings
