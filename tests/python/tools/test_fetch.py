"""Files of public sources become input files, whole or not at all; the rows here are invented."""

from __future__ import annotations

import io
import statistics
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from conftest import NO_DATA_TESTS, ROOT, run_dbt
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.curves.discount_curves import DiscountCurves
from parspread_tools.console import check as console_check
from parspread_tools.console.project import find_project
from parspread_tools.fetch import __main__ as command
from parspread_tools.fetch import dtcc, rates, store
from parspread_tools.fetch.tables import BrokenSource
from parspread_tools.gate.check import check_inputs
from parspread_tools.gate.contract import read_contract
from parspread_tools.gate.digests import digest

SERVED = ROOT / "tests" / "python" / "fixtures" / "fetch"
FIRST, LAST = date(2024, 1, 29), date(2024, 1, 31)
# The table of each input file, and how many rows are in it.
EXPECTED = {
    "fed": {"fed_yield_curve.csv": 23},
    "fred": {"fred.csv": 23},
    "cboe": {"vix.csv": 24},
    "treasury": {"issue_data.csv": 20, "monthly_ts_data.csv": 20},
    "dtcc": {"cdx.csv": 3, "dtcc_prints.csv": 11},
}


def served(address: str) -> bytes | None:
    """Return what the fixture has behind an address; a day of the tape as a zip."""
    days = [
        d.name for d in command.SOURCES["treasury"].downloads(FIRST, LAST) if d.address == address
    ]
    name = days[0] if days else address.split("?")[0].rpartition("/")[2]
    path = SERVED / (name.removesuffix(".zip") + ".csv" if name.endswith(".zip") else name)
    if not path.is_file():
        return None
    if not name.endswith(".zip"):
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.name, path.read_text())
    return packed.getvalue()


def rows(path: Path) -> list[tuple]:
    return duckdb.sql(f"from read_csv('{path}', all_varchar = true)").fetchall()


@pytest.mark.parametrize("name", command.SOURCES)
def test_a_source_becomes_its_input_files(tmp_path: Path, name: str) -> None:
    """With a note of the address and the digest of each; what was served is kept."""
    written = command.fetch(name, tmp_path, FIRST, LAST, served)
    assert {file: len(rows(tmp_path / file)) for file in written} == EXPECTED[name]
    noted = {row[0]: row for row in store.notes(tmp_path)}
    for file in written:
        assert noted[file][1] == digest(tmp_path / file)
        assert noted[file][2].startswith("https://")
    assert list((tmp_path / "fetched" / name).iterdir())


def test_the_gate_of_a_build_takes_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File by file as a build checks them: units, dates, codes, curves."""
    monkeypatch.chdir(ROOT)
    for name in command.SOURCES:
        command.fetch(name, tmp_path, FIRST, LAST, served)
    read = {Path(file).stem for files in EXPECTED.values() for file in files}
    contract = [e for e in read_contract(ROOT) if e["table"] in read]
    report = check_inputs(tmp_path, contract)
    assert report["errors"] == []
    (files,) = [s for s in report["statements"] if "vendor.input_files" in s]
    with duckdb.connect() as connection:
        connection.execute("create schema vendor")
        connection.execute(files)
        addresses = dict(
            connection.sql(
                "select file_name, source_address from vendor.input_files where data_set = 'desk'"
            ).fetchall()
        )
    assert all(address.startswith("https://") for address in addresses.values())
    assert "federalreserve" in addresses["fed_yield_curve.csv"]
    assert {Path(part).stem for part in report["digests"] if str(tmp_path) in part} == read


def test_an_issue_has_the_par_yield_of_its_maturity(tmp_path: Path) -> None:
    """Worked here from the file: half-yearly percent at the remaining years, as a daily decimal."""
    command.fetch("treasury", tmp_path, FIRST, LAST, served)
    terms = {row[0]: row for row in rows(tmp_path / "issue_data.csv")}
    years = [1 / 12, 1 / 6, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 20, 30]
    par = [5.53, 5.51, 5.42, 5.18, 4.73, 4.27, 4.05, 3.91, 3.95, 4.021, 4.34, 4.22]
    for code, _, day, amount, daily in rows(tmp_path / "monthly_ts_data.csv"):
        maturity = date.fromisoformat(terms[code][2])
        expected = np.interp((maturity - date(2024, 1, 31)).days / 365.25, years, par)
        assert 200 * ((1 + float(daily)) ** (365 / 2) - 1) == pytest.approx(expected, abs=1e-5)
        assert day == "2024-01-31" and 20_000 < float(amount) < 30_000
    kinds = {row[4] for row in terms.values()}
    assert kinds == {"1", "2", "4"} and not any(code.startswith("912999") for code in terms)


def test_corrections_supersede_and_capped_sizes_are_flagged(tmp_path: Path) -> None:
    """A correction of the day after counts for the day of the trade; an error takes it away."""
    command.fetch("dtcc", tmp_path, FIRST, LAST, served)
    assert [tuple(r) for r in rows(tmp_path / "cdx.csv")] == [
        ("2024-01-30", "CDX.NA.HY", "5Y", None, "41", "105.7500"),
        (
            "2024-01-30",
            "CDX.NA.IG",
            "5Y",
            f"{statistics.median([56, 57, 58.5, 59]):.4f}",
            "41",
            None,
        ),
        ("2024-01-31", "CDX.NA.IG", "5Y", "55.0000", "41", None),
    ]
    contents = [c for d in command.tape_downloads(FIRST, LAST) if (c := served(d.address))]
    trades = dtcc.prints(contents)
    assert [t.notional_usd for t in trades if t.is_capped] == [110e6]
    assert 900 not in {round(t.spread_bps or 0) for t in trades}
    assert {t.tenor for t in trades} == {"5Y", "10Y"}


def test_a_build_makes_daily_figures_of_trades(tmp_path: Path) -> None:
    """A price becomes the spread whose upfront it is; another index and a bad row are named."""
    for name in ("dtcc", "cboe"):
        command.fetch(name, tmp_path, FIRST, LAST, served)
    (tmp_path / "etf.csv").write_text("date,ticker,close\n2024-01-30,LQD,110\n2024-01-30,HYG,77\n")
    with (tmp_path / "dtcc_prints.csv").open("a") as file:
        file.write(
            "e1,2024-01-30,CDX.EM,5Y,40,1e6,False,200,\ne2,2024-01-30,CDX.NA.IG,5Y,41,-1,,60,\n"
        )
    selected = ("--select", "+fct_index_prints", "+fct_rejected_rows")
    built = run_dbt(tmp_path, "build", *NO_DATA_TESTS, *selected, data_dir=tmp_path)
    assert built.exit_code == 0, built.output
    days = built.inner_frame("from cdx_overlay.fct_index_prints order by all")
    found = days.set_index(["instrument_code", "trade_date"])
    assert [(code, str(day)[:10]) for code, day in found.index] == [
        ("cdx_hy_5y", "2024-01-30"), ("cdx_ig_10y", "2024-01-30"),
        ("cdx_ig_5y", "2024-01-30"), ("cdx_ig_5y", "2024-01-31"),
    ]  # fmt: skip
    tight, _, middle, _ = found.itertuples()
    assert middle.mid_spread_bps == statistics.median([56, 57, 58.5, 59])
    assert (middle.trade_count, middle.capped_count, middle.volume_usd) == (4, 1, 185e6)
    assert (tight.trade_count, tight.price_only_count, tight.mid_price_pct_par) == (3, 3, 105.75)
    contract = cds_contracts(
        np.array(["2024-01-30"], "datetime64[D]"),
        np.array(["2028-12-20"], "datetime64[D]"),
        coupon_bps=500.0,
        recovery_share=0.3,
    )
    rate = built.inner_frame(
        "select distinct discount_rate_dec from intermediate.int_cdx_overlay__index_quotes_matched"
    ).to_numpy(float)
    priced = value_from_spread(
        contract, np.array([tight.mid_spread_bps]), DiscountCurves.flat(rate[0])
    )
    assert priced.price_pct_par[0] == pytest.approx(105.75, abs=1e-9)
    rejected = built.inner_frame(
        "select natural_key, reject_reason from quality.fct_rejected_rows "
        "where source_name = 'dtcc_prints' order by all"
    )
    assert rejected.to_numpy().tolist() == [
        ["E1", "instrument_not_in_catalog"], ["E2", "notional_not_positive"],
    ]  # fmt: skip


# What a download looks like that broke off, or is another page.
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "half of it": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "an error page": lambda content: b"<html><body>503 Service Unavailable</body></html>\n",
    "nothing": lambda content: b"",
}


@pytest.mark.parametrize("name", command.SOURCES)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_download_never_is_half_an_input(tmp_path: Path, name: str, fault: str) -> None:
    """The input of last time stays, byte for byte."""
    command.fetch(name, tmp_path, FIRST, LAST, served)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    for kept in (tmp_path / "fetched" / name).iterdir():
        kept.unlink()

    def broken(address: str) -> bytes | None:
        content = served(address)
        return content and BROKEN[fault](content)

    with pytest.raises(BrokenSource):
        command.fetch(name, tmp_path, FIRST, LAST, broken)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")} == before
    assert command.fetch(name, tmp_path, FIRST, LAST, served) == list(EXPECTED[name])


def test_days_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def getter(address: str) -> bytes | None:
        asked.append(address)
        return served(address)

    command.fetch("dtcc", tmp_path, FIRST, date(2024, 1, 30), getter)
    command.fetch("dtcc", tmp_path, FIRST, LAST, getter)
    days = [address.rpartition("_CREDITS_")[2].removesuffix(".zip") for address in asked]
    # There is none of the first day, which is asked for again.
    assert days == ["2024_01_29", "2024_01_30", "2024_01_29", "2024_01_31"]
    command.fetch("dtcc", tmp_path, FIRST, LAST, None)


def test_a_source_that_cannot_be_reached_is_said_and_the_others_are_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def getter(address: str) -> bytes | None:
        if "federalreserve" in address:
            raise BrokenSource("feds200628.csv: cannot be reached; try again later")
        return served(address)

    monkeypatch.setattr(store, "get", getter)
    out = ["--out", str(tmp_path), "--first", str(FIRST), "--last", str(LAST)]
    assert command.main(["fed", "cboe", *out]) == 1
    said = capsys.readouterr()
    assert "fed: not fetched; feds200628.csv: cannot be reached" in said.err
    assert "cboe: vix.csv" in said.out and not (tmp_path / "fed_yield_curve.csv").exists()


def test_a_layout_that_has_changed_is_named() -> None:
    changed = (SERVED / "VIX_History.csv").read_bytes().replace(b"CLOSE", b"LAST")
    with pytest.raises(BrokenSource, match="must have the columns CLOSE; found DATE"):
        rates.cboe([changed])


def test_a_build_fetches_nothing() -> None:
    """No module of a build knows the loaders."""
    tools = ROOT / "python" / "parspread_tools"
    parts = [p for name in ("gate", "publish") for p in (tools / name).glob("*.py")]
    parts += [ROOT / "python" / "dbt_parspread.py", *(ROOT / "python" / "parspread").rglob("*.py")]
    assert len(parts) > 30
    assert [p.name for p in parts if "urllib.request" in p.read_text()] == []
    assert [p.name for p in parts if "parspread_tools.fetch.__main__" in p.read_text()] == []


def test_check_and_notes_live_together(tmp_path: Path) -> None:
    """Neither the notes nor what was served is taken for a vendor file."""
    for name in command.SOURCES:
        command.fetch(name, tmp_path, FIRST, LAST, served)
    (tmp_path / "issue_data.csv").unlink()
    errors, notes, _ = console_check.problems_of(find_project(ROOT, data_dir=str(tmp_path)))
    assert errors and not any(text.startswith("nothing reads") for text in notes)
