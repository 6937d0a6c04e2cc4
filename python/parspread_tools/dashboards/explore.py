"""The release and the dashboards as a folder that any static web server serves.

    python -m parspread_tools.dashboards.explore [--out build/explore]
    python -m http.server --directory build/explore --bind 127.0.0.1 8090

DuckDB-Wasm opens the release in the browser: no server works, and nothing outside the folder is
asked for. Node's npm fetches DuckDB-Wasm once, into `build/explore-packages`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import duckdb

from parspread_tools.dashboards import charts

SOURCE = charts.FOLDER / "explore"
ENGINE = ("duckdb-eh.wasm", "duckdb-browser-eh.worker.js")


def packages(folder: Path) -> Path:
    """Return the folder of the packages of package.json, fetched when it is new."""
    wanted = (SOURCE / "package.json").read_text()
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "package.json"
    if not (folder / "node_modules").exists() or mark.read_text() != wanted:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(
                "npm must be there to fetch DuckDB-Wasm; it was not found; install Node"
            )
        mark.write_text(wanted)
        command = [npm, "install", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            mark.unlink()
            raise SystemExit(f"npm could not fetch DuckDB-Wasm:\n{done.stderr[-1000:]}")
    return folder / "node_modules"


def write(warehouse: Path, out: Path, modules: Path) -> None:
    """Write the folder: page, engine, release, and the queries of the dashboards."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in ("index.html", "style.css"):
        shutil.copyfile(SOURCE / name, out / name)
    scripts = out / "scripts"
    scripts.mkdir()
    for name in ("app.js", "draw.js"):
        shutil.copyfile(SOURCE / name, scripts / name)
    (scripts / "node_modules").symlink_to(modules.resolve())
    bundler = [str(modules / "esbuild" / "bin" / "esbuild"), str(scripts / "app.js")]
    settings = ["--bundle", "--format=esm", "--minify", "--log-level=error"]
    command = [*bundler, *settings, f"--outfile={out / 'app.js'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"dashboards/explore could not be bundled:\n{done.stderr[-1000:]}")
    shutil.rmtree(scripts)
    for name in ENGINE:
        shutil.copyfile(modules / "@duckdb" / "duckdb-wasm" / "dist" / name, out / name)
    shutil.copyfile(warehouse, out / "release.duckdb")
    with duckdb.connect(str(out / "release.duckdb"), read_only=True) as connection:
        boards = charts.dashboards(charts.definitions(connection))
    listed = [asdict(board) for board in boards]
    for board, shown in zip(boards, listed, strict=True):
        for chart, made in zip(board.charts, shown["charts"], strict=True):
            made["sql"] = chart.sql
    (out / "dashboards.json").write_text(json.dumps(listed))


def main(arguments: list[str] | None = None) -> None:
    """Write the folder and say how it is served."""
    parser = argparse.ArgumentParser(prog="parspread_tools.dashboards.explore", description=__doc__)
    parser.add_argument("--warehouse", type=Path, default=Path("parspread.duckdb"))
    parser.add_argument("--packages", type=Path, default=Path("build/explore-packages"))
    parser.add_argument("--out", type=Path, default=Path("build/explore"))
    options = parser.parse_args(arguments)
    if not options.warehouse.exists():
        sys.exit(f"{options.warehouse} must be there; it was not found; run make build")
    write(options.warehouse, options.out, packages(options.packages))
    print(f"python -m http.server --directory {options.out} --bind 127.0.0.1 8090")
    print("then open http://127.0.0.1:8090")


if __name__ == "__main__":
    main()
