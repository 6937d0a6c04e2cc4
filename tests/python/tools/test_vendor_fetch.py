"""The loaders of vendors against recorded answers: rows of the sample, or invented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from parspread_tools.fetch import bloomberg, wrds
from parspread_tools.fetch.tables import BrokenSource
from parspread_tools.gate.check import check_inputs
from parspread_tools.gate.contract import read_contract

SAMPLE = ROOT / "seeds" / "sample"


class Recorded:
    """Answers as WRDS gives them, a few hundred rows at a time, from the files of the sample."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.fails_after: int | None = None

    def raw_sql(self, statement: str, chunksize: int, return_iter: bool) -> Iterator[pd.DataFrame]:
        assert chunksize > 0 and return_iter
        self.statements.append(statement)
        table = re.search(r"from ([\w.]+) where", statement)[1]
        (file,) = [
            name
            for name, pull in wrds.PULLS.items()
            if re.fullmatch(pull.table.replace("{year}", r"\d{4}"), table)
        ]
        place = SAMPLE / file
        source = place / "*.parquet" if place.is_dir() else place.with_suffix(".parquet")
        rows = duckdb.sql(statement.replace(table, f"read_parquet('{source}')", 1)).df()
        starts = range(0, max(len(rows), 1), 300)
        for number, start in enumerate(starts):
            if number == self.fails_after:
                raise ConnectionError("the server closed the connection")
            yield rows.iloc[start : start + 300]


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def test_wrds_tables_become_files_that_a_build_takes(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row for row those of the source, whatever the number of chunks and years."""
    monkeypatch.chdir(ROOT)
    for file in wrds.PULLS:
        wrds.pull(wrds.connected(recorded), file, range(2016, 2021), tmp_path)
    contract = [e for e in read_contract(ROOT) if e["meta"]["file"] in wrds.PULLS]
    report = check_inputs(tmp_path, contract)
    assert [e for e in report["errors"] if "fed_yield_curve" not in e] == []
    for file in ("issue_data", "wrds_bond", "cds_final"):
        mine = (
            tmp_path / file / "*.parquet"
            if (tmp_path / file).is_dir()
            else tmp_path / f"{file}.parquet"
        )
        own = (
            SAMPLE / file / "*.parquet" if (SAMPLE / file).is_dir() else SAMPLE / f"{file}.parquet"
        )
        dated = wrds.PULLS[file].year_column
        where = f"where {dated} between '2016-01-01' and '2020-12-31'" if dated else ""
        where += " and currency = 'USD'" if file == "cds_final" else ""
        counts = [duckdb.sql(f"select count(*) from '{p}' {where}").fetchone() for p in (mine, own)]
        assert counts[0] == counts[1] and counts[0][0] > 100


def test_years_that_are_there_are_not_pulled_again_but_for_the_last(
    recorded: Recorded, tmp_path: Path
) -> None:
    query = wrds.connected(recorded)
    assert len(wrds.pull(query, "cds_final", range(2016, 2019), tmp_path)) == 3
    assert [p.stem for p in wrds.pull(query, "cds_final", range(2016, 2020), tmp_path)] == [
        "cds_final_2019"
    ]


def test_a_pull_that_breaks_off_leaves_no_part(recorded: Recorded, tmp_path: Path) -> None:
    recorded.fails_after = 2
    with pytest.raises(ConnectionError):
        wrds.pull(wrds.connected(recorded), "cds_final", range(2016, 2018), tmp_path)
    assert not list((tmp_path / "cds_final").iterdir())
    recorded.fails_after = None
    assert len(wrds.pull(wrds.connected(recorded), "cds_final", range(2016, 2018), tmp_path)) == 2


def test_a_table_without_a_required_column_is_named(tmp_path: Path) -> None:
    def query(statement: str) -> Iterator[pd.DataFrame]:
        yield pd.DataFrame(columns=["kycrspid", "tmatdt"])

    with pytest.raises(BrokenSource, match="must have kytreasno; found kycrspid, tmatdt"):
        wrds.pull(query, "issue_data", range(2016, 2017), tmp_path)


def history() -> pd.DataFrame:
    """Return an invented answer of `bdh`; one fund has no spread, one day has no index."""
    days = pd.bdate_range("2024-01-01", periods=60)
    moves = np.sin(np.arange(60.0)) + np.sin(np.arange(60.0) / 7)
    level = {"cdx": 65, "vix": 16, "etf": 108}
    columns = {}
    for security, (file, _, values) in bloomberg.SECURITIES.items():
        for name, field in values.items():
            base, sign = (120, 4) if (file, name) == ("etf", "spread") else (level[file], -1)
            base = 350 if "HY " in security or "XOVER" in security else base
            columns[(security, field)] = base + (3 if file == "cdx" else sign) * moves
    columns[("HYG US Equity", "YAS_ISPREAD")] = np.nan
    answer = pd.DataFrame(columns, index=days)
    answer.loc[days[5], ("VIX Index", "PX_LAST")] = np.nan
    return answer


def test_a_terminals_answer_becomes_files_that_a_build_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap gives no row, a missing spread an empty cell, and a price is never a spread."""
    monkeypatch.chdir(ROOT)
    answer = history()
    for name, text in bloomberg.bloomberg(answer).items():
        (tmp_path / name).write_text(text)
    contract = [e for e in read_contract(ROOT) if e["meta"]["file"] in bloomberg.HEADERS]
    assert check_inputs(tmp_path, contract)["errors"] == []
    vix, etf = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("vix", "etf"))
    assert len(vix) == 59
    fund = etf[etf.ticker == "LQD"].reset_index(drop=True)
    assert list(fund["close"]) == list(answer[("LQD US Equity", "PX_LAST")])
    assert list(fund["spread"]) == list(answer[("LQD US Equity", "YAS_ISPREAD")])
    assert etf.loc[etf.ticker == "HYG", "spread"].isna().all()
    with pytest.raises(BrokenSource, match="VIX Index must have PX_LAST"):
        bloomberg.bloomberg(answer.drop(columns=[("VIX Index", "PX_LAST")]))


@pytest.mark.parametrize("loader", [wrds, bloomberg], ids=["wrds", "bloomberg"])
def test_without_the_package_one_line_says_what_to_install(
    loader, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("wrds", "xbbg"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    years = ["--first-year", "2016", "--last-year", "2017"]
    code = loader.main(years if loader is wrds else ["--first", "2024-01-01"])
    assert code == 1 and "pip install 'parspread[" in capsys.readouterr().err
