"""A spreadsheet gets every report, formatted, and nothing that it would run."""

from __future__ import annotations

import csv
import re
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from test_report import changed_copy

from conftest import Build
from parspread_tools.report.workbook import CLOSED, inert, main

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/?"&A1,"more")',
    "{=1+1}",
    "+1",
    "-1",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "http://127.0.0.1/",
    "mailto:a@b",
    "internal:contents!A1",
    "'",
    '"quoted, with comma"',
]


def parts(workbook: Path) -> dict[str, str]:
    """Return the text of every part of a workbook."""
    with zipfile.ZipFile(workbook) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def sheets(workbook: Path) -> dict[str, list[list[str | float | bool | None]]]:
    """Return the cells of every sheet by name, each as its own type says."""
    text = parts(workbook)
    names = [
        s.get("name") for s in ElementTree.fromstring(text["xl/workbook.xml"]).iter(f"{MAIN}sheet")
    ]
    found = {}
    for number, name in enumerate(names, start=1):
        root = ElementTree.fromstring(text[f"xl/worksheets/sheet{number}.xml"])
        lines = []
        for row in root.iter(f"{MAIN}row"):
            cells: dict[str, str | float | bool] = {}
            for cell in row:
                column = re.match("[A-Z]+", cell.get("r"))[0]
                if cell.get("t") == "inlineStr":
                    cells[column] = "".join(t.text or "" for t in cell.iter(f"{MAIN}t"))
                else:
                    value = cell.find(f"{MAIN}v").text
                    cells[column] = value == "1" if cell.get("t") == "b" else float(value)
            lines.append(cells)
        columns = list(lines[0])
        found[name] = [[line.get(column) for column in columns] for line in lines]
    return found


@pytest.fixture(scope="module")
def workbook(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "reports.xlsx"
    main(["--warehouse", str(sample.release), "--out", str(out)])
    return out


def test_every_report_is_a_sheet_with_its_rows(sample: Build, workbook: Path) -> None:
    """The numbers are those of the warehouse, to the fifteen digits that a sheet keeps."""
    found = sheets(workbook)
    listed = sample.query(
        "select table_name, estimated_size from duckdb_tables() where schema_name = 'reports'"
    )
    assert {name: len(rows) - 1 for name, rows in found.items() if name != "contents"} == dict(
        listed
    )
    score = sample.frame("from reports.rpt_strategy_scorecard order by all")
    header, *rows = found["rpt_strategy_scorecard"]
    assert header == list(score.columns)
    for place, column in enumerate(score.columns):
        if score[column].dtype.kind in "fi":
            values = [None if value != value else value for value in score[column]]
            shown = [row[place] for row in rows]
            for value, cell in zip(values, shown, strict=True):
                assert cell == value or cell == pytest.approx(value, rel=1e-15, abs=0), column
        elif column.endswith("_date"):
            days = [(value.date() - date(1899, 12, 30)).days for value in score[column]]
            assert [row[place] for row in rows] == days
        else:
            # A passive seller has no benchmark: an empty cell.
            values = [None if value is None or value != value else value for value in score[column]]
            assert [None if row[place] == "" else row[place] for row in rows] == values, column
    _, *described = found["contents"]
    assert len(described) == sum(len(rows[0]) for n, rows in found.items() if n != "contents")
    assert all(meaning for *_, meaning in described)


def test_a_cell_has_the_format_of_its_unit(workbook: Path) -> None:
    """A share of 0.28 reads 28 %, dollars have no cents."""
    text = parts(workbook)
    styles = ElementTree.fromstring(text["xl/styles.xml"])
    codes = {f.get("numFmtId"): f.get("formatCode") for f in styles.iter(f"{MAIN}numFmt")}
    codes |= {"2": "0.00", "3": "#,##0", "10": "0.00%"}
    cell_formats = [x.get("numFmtId") for x in styles.find(f"{MAIN}cellXfs")]
    number = 1 + list(sheets(workbook)).index("rpt_strategy_scorecard")
    root = ElementTree.fromstring(text[f"xl/worksheets/sheet{number}.xml"])
    header, first, *_ = root.iter(f"{MAIN}row")
    names = {cell.get("r")[:-1]: "".join(t.text for t in cell.iter(f"{MAIN}t")) for cell in header}
    shown = {
        names[cell.get("r")[:-1]]: codes.get(cell_formats[int(cell.get("s", 0))]) for cell in first
    }
    assert shown["total_net_pnl_usd"] == shown["trade_count"] == "#,##0"
    assert shown["hit_rate_share"] == "0.0%" and shown["sharpe_ratio"] == "0.00"
    assert shown["first_date"] == "yyyy-mm-dd" and shown["mean_holding_sessions"] == "#,##0.0"


def test_hostile_names_stay_text(sample: Build, tmp_path: Path) -> None:
    """Whatever a vendor or a catalog calls a thing, a spreadsheet shows it and does nothing."""
    values = ", ".join(f"({number}, $${name}$$)" for number, name in enumerate(HOSTILE))
    warehouse = changed_copy(
        sample,
        tmp_path / "hostile.duckdb",
        f"create table reports.rpt_hostile as from (values {values}) as t (id_number, name)",
        "alter table reports.rpt_hostile add column change_usd double default -5.5",
    )
    out, folder = tmp_path / "hostile.xlsx", tmp_path / "csv"
    main(["--warehouse", str(warehouse), "--out", str(out), "--csv", str(folder)])
    _, *rows = sheets(out)["rpt_hostile"]
    # XML has no carriage return of its own; the sheet escapes it.
    shown = [name.replace("_x000D_", "\r") for _, name, _ in rows]
    assert shown == HOSTILE
    # Elements that would make a cell do something; the word in a text is no element.
    every = "".join(parts(out).values())
    assert re.findall(r"<f[ >/]|<hyperlink|externalLink|oleObject|<ddeLink", every) == []
    with (folder / "rpt_hostile.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["id_number", "name", "change_usd"]
    safe = HOSTILE[3:4] + HOSTILE[12:]
    assert [name for _, name, _ in lines] == [n if n in safe else f"'{n}" for n in HOSTILE]
    assert {change for *_, change in lines} == {"-5.5"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a;=1+1", "a;'=1+1"), ('a; "@SUM(A1)', "a; \"'@SUM(A1)"), ("a;b=c", "a;b=c"), (-5.5, -5.5)],
)
def test_a_semicolon_starts_no_formula(value: object, expected: object) -> None:
    """It ends a cell where commas are decimal."""
    assert inert(value) == expected


def test_the_same_release_gives_the_same_bytes(
    sample: Build, workbook: Path, tmp_path: Path
) -> None:
    """Two exports can be compared without opening them."""
    again = tmp_path / "again.xlsx"
    main(["--warehouse", str(sample.release), "--out", str(again)])
    assert again.read_bytes() == workbook.read_bytes()


def test_what_does_not_fit_is_one_line_and_no_file(
    sample: Build, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """A cell that silently stayed empty would be read as missing data."""
    long = "create table reports.rpt_long as select repeat('x', 32768) as note"
    warehouse = changed_copy(sample, tmp_path / "long.duckdb", long)
    out = tmp_path / "out.xlsx"
    out.write_text("yesterday's")
    with pytest.raises(SystemExit):
        main(["--warehouse", str(warehouse), "--out", str(out)])
    said = capsys.readouterr().err
    assert "rpt_long row 1, note, does not fit: a sheet holds 1,048,576 rows" in said
    assert out.read_text() == "yesterday's" and not list(tmp_path.glob("*.new"))
    with pytest.raises(SystemExit):
        main(["--warehouse", str(sample.release), "--out", str(tmp_path / "no" / "x.xlsx")])
    assert "could not be written" in capsys.readouterr().err


def test_the_connection_is_closed_to_everything_else(sample: Build) -> None:
    """The export opens the release as the page on connections says."""
    with duckdb.connect(str(sample.release), config=CLOSED) as connection:
        for statement in ("select * from read_text('/etc/hostname')", "create table x as select 1"):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)


def test_a_sheet_can_be_filtered_read_and_printed(sample: Build, workbook: Path) -> None:
    """Filters, widths, a page wide, a note of every column, a chart whose cells hold numbers."""
    text = parts(workbook)
    found = sheets(workbook)
    assert list(found)[:3] == ["contents", "rpt_today", "rpt_verdicts"]
    drawn = [name for name in text if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    filled = [name for name, rows in found.items() if name != "contents" and len(rows) > 1]
    assert len(drawn) == len(filled)
    notes = "".join(body for name, body in text.items() if name.startswith("xl/comments"))
    assert notes.count("<comment ref=") == len(found["contents"]) - 1
    for number, name in enumerate(found, start=1):
        body = text[f"xl/worksheets/sheet{number}.xml"]
        assert "<autoFilter" in body and 'orientation="landscape"' in body, name
        assert 'fitToHeight="0"' in body and "<pane " in body, name
        widths = {float(w) for w in re.findall(r' width="([\d.]+)"', body)}
        assert min(widths) > 10 and max(widths) < 46, name
    for chart in drawn:
        for sheet, first, last in re.findall(
            r"<c:val><c:numRef><c:f>(\w+)!\$[A-Z]+\$(\d+):\$[A-Z]+\$(\d+)</c:f>", text[chart]
        ):
            assert 2 <= int(first) <= int(last) <= len(found[sheet]), sheet
