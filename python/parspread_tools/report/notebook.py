"""Execute a notebook without Jupyter, and write what its cells print into it.

    python -m parspread_tools.report.notebook docs/guides/notebook.ipynb

Cells run in order in one namespace, in a folder that holds `parspread.duckdb`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

from parspread_tools.publish.release import FILE_NAME
from parspread_tools.report.command_line import WarehouseParser


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells that run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def execute(notebook: dict[str, Any], folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Return what each cell prints and the names that are left; an error of a cell is raised.

    Parameters
    ----------
    notebook : dict
        A notebook as its file has it.
    folder : Path
        Where the cells run.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    with contextlib.chdir(folder):
        for number, cell in enumerate(code_cells(notebook), start=1):
            code = compile("".join(cell["source"]), f"cell {number}", "exec")
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(code, names)
            printed.append(out.getvalue())
    return printed, names


def stored(cell: dict[str, Any]) -> str:
    """Return what a cell of the file has printed."""
    return "".join(text for output in cell["outputs"] for text in output.get("text", ()))


def with_outputs(notebook: dict[str, Any], printed: list[str]) -> str:
    """Return the text of the file with what its cells print."""
    for number, (cell, text) in enumerate(zip(code_cells(notebook), printed, strict=True), start=1):
        cell["execution_count"] = number
        lines = text.splitlines(keepends=True)
        stream = {"name": "stdout", "output_type": "stream", "text": lines}
        cell["outputs"] = [stream] if lines else []
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Run a notebook on a published warehouse and write what it prints into it."""
    parser = WarehouseParser("report.notebook", main.__doc__)
    parser.add_argument("notebook", type=Path)
    options = parser.options(arguments)
    if options.warehouse.name != FILE_NAME:
        parser.error(f"--warehouse must end in {FILE_NAME}, which the cells open")
    notebook = json.loads(options.notebook.read_text(encoding="utf-8"))
    printed, _ = execute(notebook, options.warehouse.absolute().parent)
    unfinished = options.notebook.with_name(f".{options.notebook.name}.part")
    unfinished.write_text(with_outputs(notebook, printed), encoding="utf-8")
    os.replace(unfinished, options.notebook)
    print(f"{options.notebook} has what its {len(printed)} cells print")


if __name__ == "__main__":
    main()
