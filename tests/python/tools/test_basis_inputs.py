"""A vendor file of the CDS-bond desk that cannot be trusted stops the build with one message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from scaled_rows import contract, vendor_tables

from basis_build import FILES, SAMPLE
from parspread_tools.gate.check import check_inputs
from parspread_tools.identifiers import cusip_check_digit

pytestmark = pytest.mark.usefixtures("at_project_root")

CONTRACT = [entry for entry in contract() if entry["meta"]["desk"] == "cds_bond"]


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Return the first rows of every file of the sample."""
    return {
        name: duckdb.sql(
            f"from read_parquet('{SAMPLE / name}{'/*' if name == 'cds_final' else ''}.parquet') "
            "limit 300"
        ).df()
        for name in FILES
    }


@pytest.fixture
def folder(head: dict[str, pd.DataFrame], tmp_path: Path) -> Path:
    """Return a folder with the first rows of the sample."""
    for name, frame in head.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    return tmp_path


def check(folder: Path) -> list[str]:
    """Return the errors of the check."""
    return check_inputs(folder, CONTRACT)["errors"]


def only(errors: list[str], *words: str) -> None:
    """Assert that there is one message and that it holds all `words`."""
    assert len(errors) == 1, errors
    assert [word for word in words if word not in errors[0]] == [], errors[0]


def change(folder: Path, name: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Rewrite one file."""
    path = folder / f"{name}.parquet"
    edit(pd.read_parquet(path)).to_parquet(path, index=False)


def test_sound_files_pass(folder: Path) -> None:
    """Otherwise the tests below would see the wrong error."""
    assert check(folder) == []


def test_golden_vendor_files_pass(shared_dir: Path) -> None:
    """Their dirt is a matter of single rows."""
    assert check(shared_dir / "golden" / "basis" / "inputs") == []


@pytest.mark.parametrize(
    ("name", "column"), [("wrds_bond", "cusip"), ("RED_and_ISIN_mapping", "obl_cusip")]
)
@pytest.mark.parametrize("has_dropped", [True, False])
def test_codes_that_lost_a_zero_are_refused(
    folder: Path, name: str, column: str, has_dropped: bool
) -> None:
    """037833100 saved by a spreadsheet; eight digits would be completed to another bond's code."""
    codes = [f"{37000 + n:06d}{n:02d}" for n in range(20)]
    codes = [code + cusip_check_digit(code) for code in codes]
    short = [code.lstrip("0") if has_dropped else code[:8] for code in codes]
    change(folder, name, lambda f: f.assign(**{column: [*short, *f[column][20:]]}))
    if has_dropped:
        only(
            check(folder),
            f"{name}.parquet: column {column} must keep the zeros of its codes; 20 of 20 codes of "
            "8 digits end in the check digit of 037000007",
            "deliver it as text, from the source",
        )
    else:
        assert check(folder) == []


@pytest.mark.parametrize(
    ("name", "column"),
    [("wrds_bond", "cusip"), ("cds_final", "redcode"), ("RED_and_ISIN_mapping", "obl_cusip")],
)
@pytest.mark.parametrize("code", ["6.05E+112", "5E+11"])
def test_codes_that_became_numbers_are_refused(
    folder: Path, name: str, column: str, code: str
) -> None:
    """605E11201 saved by a spreadsheet has nine characters again."""
    change(folder, name, lambda f: f.assign(**{column: [code, *f[column][1:]]}))
    only(
        check(folder),
        f"{name}.parquet: column {column} must be text; 1 of its codes, the first {code}, are",
        "deliver it as text, from the source",
    )


@pytest.mark.parametrize(
    ("name", "column", "other", "words"),
    [
        (
            "RED_and_ISIN_mapping",
            "obl_cusip",
            "isin",
            "must hold CUSIPs of eight or nine characters",
        ),
        ("RED_and_ISIN_mapping", "isin", "obl_cusip", "must hold ISINs of twelve characters"),
        ("wrds_bond", "cusip", "isin", "must hold CUSIPs of eight or nine characters"),
        ("wrds_bond", "isin", "cusip", "must hold ISINs of twelve characters"),
    ],
)
def test_codes_of_another_kind_are_refused(
    folder: Path, name: str, column: str, other: str, words: str
) -> None:
    """Bonds would be found by the other code, or by neither."""
    change(folder, name, lambda f: f.assign(**{column: f[other]}))
    only(check(folder), f"{name}.parquet: column {column} {words}", "; deliver the ")


def test_years_of_curves_without_a_parameter_are_a_part(folder: Path) -> None:
    """Before 1980 the curves have no second hump."""
    path, place = folder / "fed_yield_curve.parquet", folder / "fed_yield_curve"
    curves = pd.read_parquet(path)
    place.mkdir()
    path.rename(place / "b.parquet")
    early = curves.assign(Date=pd.bdate_range("1970-01-01", periods=len(curves)).date, TAU2=None)
    early.to_parquet(place / "a.parquet", index=False)
    assert check(folder) == []


@pytest.mark.parametrize("recovery", ["0.4", "40", "40%", " 40 % "])
def test_a_recovery_may_be_a_share_or_in_percent(folder: Path, recovery: str) -> None:
    """Also side by side in one file."""
    change(folder, "cds_final", lambda f: f.assign(recovery=[recovery, "0.35"] * (len(f) // 2)))
    assert check(folder) == []


@pytest.mark.parametrize("recovery", ["4000", "0.004"])
def test_a_recovery_in_another_unit_is_refused(folder: Path, recovery: str) -> None:
    change(folder, "cds_final", lambda f: f.assign(recovery=recovery))
    only(check(folder), "column recovery must be in shares", "convert it: 40 % is 0.4, 40 or the")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / f"{name}.parquet").unlink()
    only(check(folder), f"file {name}.parquet or .csv", "desk cds_bond", "add the file")


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_rows_is_refused(folder: Path, name: str) -> None:
    change(folder, name, lambda frame: frame.head(0))
    only(check(folder), f"{name}.parquet", "at least one row")


@pytest.mark.parametrize("name", FILES)
def test_an_empty_or_truncated_file_is_refused(folder: Path, name: str) -> None:
    path = folder / f"{name}.parquet"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    only(check(folder), f"{name}.parquet", "must be a complete parquet file")
    path.write_bytes(b"")
    only(check(folder), f"{name}.parquet", "the file was empty (0 bytes)")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (entry["meta"]["file"], column["name"])
        for entry in CONTRACT
        for column in entry["columns"]
        if column["meta"].get("required") and not entry["meta"].get("optional")
    ],
)
def test_a_missing_required_column_is_named(folder: Path, name: str, column: str) -> None:
    change(folder, name, lambda frame: frame.drop(columns=column))
    only(check(folder), f"{name}.parquet: column {column}", "rename or add it")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (entry["meta"]["file"], column["name"])
        for entry in CONTRACT
        for column in entry["columns"]
        if not column["meta"].get("required") and not entry["meta"].get("optional")
    ],
)
def test_a_missing_optional_column_passes(folder: Path, name: str, column: str) -> None:
    change(folder, name, lambda frame: frame.drop(columns=column, errors="ignore"))
    assert check(folder) == []


@pytest.mark.parametrize(
    ("name", "column", "ratio", "hint"),
    [
        ("cds_final", "parspread", 100, "78 bp is 0.0078, neither 78 nor 0.78"),
        ("cds_final", "parspread", 10_000, "78 bp is 0.0078, neither 78 nor 0.78"),
        ("wrds_bond", "yield", 100, "4.5 % is 0.045 or the text 4.5%"),
        ("wrds_bond", "price_eom", 0.01, "par is 100, not 1"),
        ("wrds_bond", "amount_outstanding", 1000, "500 million is 500000"),
        ("wrds_bond", "amount_outstanding", 0.001, "500 million is 500000"),
        ("wrds_bond", "t_spread", 10_000, "26 bp of price is 0.0026"),
        ("wrds_bond", "coupon", 0.01, "a 5 % coupon is 5, not 0.05"),
        ("monthly_ts_data", "tmyld", 365, "4.2 % a year is 0.000113 a day"),
        ("monthly_ts_data", "tmpubout", 1e6, "an issue of 25 billion is 25000"),
    ],
)
def test_a_column_in_another_unit_is_refused(
    folder: Path, name: str, column: str, ratio: float, hint: str
) -> None:
    """A basis a hundred times too large still has the right sign and shape."""
    change(folder, name, lambda frame: frame.assign(**{column: frame[column] * ratio}))
    only(check(folder), f"{name}.parquet: column {column} must be in", hint)


def test_percent_text_is_the_same_yield(folder: Path) -> None:
    """Web exports write 4.5%; as text it is sound, as the number 4.5 it is not."""
    percent = (100 * pd.read_parquet(folder / "wrds_bond.parquet")["yield"]).astype(str) + "%"
    change(folder, "wrds_bond", lambda frame: frame.assign(**{"yield": percent}))
    assert check(folder) == []


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("wrds_bond", "yield", "4,5"),
        ("wrds_bond", "maturity", "15/03/2030"),
        ("cds_final", "parspread", "n/a"),
        ("cds_final", "date", 20160104),
        ("monthly_ts_data", "mcaldt", "January"),
    ],
)
def test_a_column_of_another_type_is_refused(
    folder: Path, name: str, column: str, value: object
) -> None:
    change(folder, name, lambda frame: frame.assign(**{column: value}))
    only(check(folder), f"{name}.parquet: column {column} must hold", f"the first was {value}")


def test_parts_are_numbered_through_and_each_needs_the_columns(folder: Path) -> None:
    """Twenty yearly files are one table; a line number has to find the line."""
    frame = pd.read_parquet(folder / "cds_final.parquet")
    (folder / "cds_final.parquet").unlink()
    (folder / "cds_final").mkdir()
    frame.head(100).to_parquet(folder / "cds_final" / "part_1.parquet", index=False)
    frame.tail(200)[frame.columns[::-1]].to_parquet(
        folder / "cds_final" / "part_2.parquet", index=False
    )
    with vendor_tables(folder, CONTRACT) as connection:
        found = connection.sql(
            "select source_row_number, parspread from vendor.cds_final order by 1"
        ).df()
    assert found["source_row_number"].tolist() == list(range(1, 301))
    pd.testing.assert_series_equal(found["parspread"], frame["parspread"])
    frame.drop(columns="tenor").to_parquet(folder / "cds_final" / "part_2.parquet", index=False)
    only(check(folder), "part_2.parquet: column tenor", "rename or add it")


def test_a_desk_without_files_says_so_in_one_line(shared_dir: Path) -> None:
    report = check_inputs(shared_dir / "data" / "real_inputs", [*CONTRACT, OVERLAY])
    assert report["errors"] == []
    only(report["notes"], "desk cds_bond has no data", "its tables are built empty")


OVERLAY = {
    "table": "vix",
    "meta": {"file": "vix", "desk": "cdx_overlay", "version_key": ["date"]},
    "columns": [{"name": "date", "data_type": "date", "meta": {"required": True}}],
}
