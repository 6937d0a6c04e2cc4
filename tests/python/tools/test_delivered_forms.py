"""The same vendor values in every form that tools give them, and the odd values that no tool stops.

A type is an exporter's guess: codes come as numbers or categories, dates as times of a time zone.
None of that may change a figure; where it may have destroyed something, the file is refused.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scaled_rows import contract, read_table, vendor_tables

from basis_build import FILES, SAMPLE
from conftest import (
    NO_DATA_TESTS,
    ROOT,
    Build,
    accept_losses,
    copy_project_with_tests,
    run_dbt,
    write_part,
)
from parspread_tools.gate.check import check_inputs

pytestmark = pytest.mark.usefixtures("at_project_root")

CONTRACT = [entry for entry in contract() if entry["meta"]["desk"] == "cds_bond"]
for entry in CONTRACT:
    for column in entry["columns"]:
        # Labels become numbers here; that some quote must have the labels used is another check.
        column["used_value"] = None
CODES = [
    (entry["meta"]["file"], column["name"])
    for entry in CONTRACT
    for column in entry["columns"]
    if column["meta"].get("is_code")
]
LABELS = [
    (entry["meta"]["file"], column["name"])
    for entry in CONTRACT
    for column in entry["columns"]
    if column["data_type"] == "varchar" and not column["meta"].get("is_code")
]
DATES = {
    entry["meta"]["file"]: [c["name"] for c in entry["columns"] if c["data_type"] == "date"]
    for entry in CONTRACT
}
PARAMETERS = ["BETA0", "BETA1", "BETA2", "BETA3", "TAU1", "TAU2"]
TEXT_FORMS = {
    "text": lambda codes: codes.cast(pa.string()),
    "large text": lambda codes: codes.cast(pa.large_string()),
    "dictionary": lambda codes: codes.cast(pa.string()).dictionary_encode(),
    "bytes": lambda codes: codes.cast(pa.string()).cast(pa.binary()),
}


@pytest.fixture(scope="module")
def head() -> dict[str, pd.DataFrame]:
    """Return the first rows of every file of the sample, the optional ones too."""
    optional = {entry["meta"]["file"] for entry in CONTRACT} - set(FILES)
    there = sorted(name for name in optional if (SAMPLE / f"{name}.parquet").exists())
    by_contract = {"complete_cusip": "cusip", "redeemable": "callable"}
    return {
        name: read_table(SAMPLE, name).head(300).rename(columns=by_contract)
        for name in (*FILES, *there)
    }


@pytest.fixture
def folder(head: dict[str, pd.DataFrame], tmp_path: Path) -> Path:
    """Return a folder with the first rows of the sample."""
    home = tmp_path / "vendor"
    home.mkdir()
    for name, frame in head.items():
        frame.to_parquet(home / f"{name}.parquet", index=False)
    return home


def change(folder: Path, name: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Rewrite one file."""
    path = folder / f"{name}.parquet"
    edit(pd.read_parquet(path)).to_parquet(path, index=False)


def retype(folder: Path, name: str, column: str, values: pa.Array | pa.ChunkedArray) -> None:
    """Rewrite one column of a file with the type that it is given."""
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.column_names.index(column), column, values), path)


def check(folder: Path) -> list[str]:
    """Return the errors of the check."""
    return check_inputs(folder, CONTRACT)["errors"]


def values(folder: Path, file: str, column: str) -> list:
    """Return a column as a build would see it."""
    with vendor_tables(folder, CONTRACT) as connection:
        rows = connection.sql(f'select "{column}" from vendor.{file} order by source_row_number')
        return [value for (value,) in rows.fetchall()]


def only(errors: list[str], *words: str) -> None:
    """Assert that there is one message and that it holds all `words`."""
    assert len(errors) == 1, errors
    assert [word for word in words if word not in errors[0]] == [], errors[0]


# ---------------------------------------------------------------------------------------------
# The curve in two files, as the replaced system keeps it


def split_curve(folder: Path, curve: pd.DataFrame) -> None:
    """Write the yields to one file and everything to another, the dates as their index."""
    everything = curve.set_index("Date").assign(BETA_NOTE="a column of no use", SVENPY01=3.0)
    everything.to_parquet(folder / "fed_yield_curve_all.parquet")
    yields = everything[[f"SVENY{year:02d}" for year in range(1, 31)]]
    yields.to_parquet(folder / "fed_yield_curve.parquet")


def with_gaps(curve: pd.DataFrame) -> pd.DataFrame:
    """Return a curve with what its publisher writes on holidays and for what a day does not have.

    The first half has one hump, no second decay time, and no yield beyond ten years.
    """
    curve = curve.copy()
    early = curve.index[: len(curve) // 2]
    curve.loc[early, "BETA3"] = 0
    curve.loc[early, "TAU2"] = -999.99
    for year in range(1, 31):
        curve.loc[early, f"SVENY{year:02d}"] = -999.99 if year > 10 else float("nan")
    curve.loc[curve.index[::50], curve.columns.drop("Date")] = float("nan")
    return curve


def file_names(folder: Path) -> list[str]:
    """Return the names under which the build record states the files of the curve."""
    with vendor_tables(folder, CONTRACT) as connection:
        rows = connection.sql(
            "select file_name from vendor.input_files where table_name = 'fed_yield_curve'"
        )
        return [name for (name,) in rows.fetchall()]


def test_the_curve_of_the_replaced_system_works_as_it_is(folder: Path) -> None:
    """Its fed_yield_curve has yields only; the parameters are in the file beside it."""
    plain = values(folder, "fed_yield_curve", "BETA0")
    split_curve(folder, pd.read_parquet(folder / "fed_yield_curve.parquet"))
    assert values(folder, "fed_yield_curve", "BETA0") == plain
    assert file_names(folder) == ["fed_yield_curve_all.parquet"]
    report = check_inputs(folder, CONTRACT)
    only(report["notes"], "fed_yield_curve_all.parquet is read as fed_yield_curve", "no BETA0")
    assert [Path(name).stem for name in report["digests"] if "fed_" in name] == [
        "fed_yield_curve_all"
    ]


def test_the_file_with_the_parameters_is_enough(folder: Path) -> None:
    """The other one has nothing that it lacks."""
    split_curve(folder, pd.read_parquet(folder / "fed_yield_curve.parquet"))
    (folder / "fed_yield_curve.parquet").unlink()
    assert file_names(folder) == ["fed_yield_curve_all.parquet"]
    only(check_inputs(folder, CONTRACT)["notes"], "there is no fed_yield_curve")


def test_a_complete_file_needs_no_other(folder: Path) -> None:
    """What is beside it is not read, whatever it holds."""
    (folder / "fed_yield_curve_all.parquet").write_bytes(b"")
    assert file_names(folder) == ["fed_yield_curve.parquet"]
    assert check_inputs(folder, CONTRACT)["notes"] == []


def test_yields_alone_are_refused_with_the_name_of_the_other_file(folder: Path) -> None:
    split_curve(folder, pd.read_parquet(folder / "fed_yield_curve.parquet"))
    (folder / "fed_yield_curve_all.parquet").unlink()
    only(
        check(folder),
        "fed_yield_curve.parquet: column BETA0 must be there; found SVENY01, ",
        "; rename or add it, or deliver fed_yield_curve_all",
    )


def test_without_any_curve_both_names_are_given(folder: Path) -> None:
    (folder / "fed_yield_curve.parquet").unlink()
    only(
        check(folder),
        "file fed_yield_curve.parquet or .csv must be there",
        "; add the file, or fed_yield_curve_all in its place",
    )


def test_a_damaged_curve_is_not_passed_over(folder: Path) -> None:
    """Half a delivery looks like that; the other file may be of another day."""
    split_curve(folder, pd.read_parquet(folder / "fed_yield_curve.parquet"))
    path = folder / "fed_yield_curve.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    only(check(folder), "fed_yield_curve.parquet: must be a complete parquet file")


def test_a_file_that_stands_in_must_have_the_columns_too(folder: Path) -> None:
    split_curve(folder, pd.read_parquet(folder / "fed_yield_curve.parquet"))
    path = folder / "fed_yield_curve_all.parquet"
    pd.read_parquet(path).drop(columns="TAU2").to_parquet(path)
    only(check(folder), "fed_yield_curve_all.parquet: column TAU2 must be there")


def test_sentinels_and_holidays_of_the_curve_pass(folder: Path) -> None:
    """-999.99 is no yield, in a whole year of them either."""
    split_curve(folder, with_gaps(pd.read_parquet(folder / "fed_yield_curve.parquet")))
    assert check(folder) == []


# ---------------------------------------------------------------------------------------------
# Codes and labels in other types


@pytest.mark.parametrize("form", TEXT_FORMS)
@pytest.mark.parametrize(("name", "column"), [*CODES, ("wrds_bond", "company_symbol")])
def test_a_code_in_any_form_of_text_is_the_same_code(
    folder: Path, name: str, column: str, form: str
) -> None:
    """037833100 and 12345E102 look like numbers; a category is a matter of storage."""
    count = pq.read_metadata(folder / f"{name}.parquet").num_rows
    codes = [f"0{37833100 + row}" if row % 9 else f"12345E{row}" for row in range(count)]
    if column == "isin":  # one that looks like a CUSIP stands in the wrong column
        codes = [f"US{code:0>9}5" for code in codes]
    retype(folder, name, column, TEXT_FORMS[form](pa.array(codes)))
    assert values(folder, name.lower(), column) == codes


@pytest.mark.parametrize(
    ("kind", "first"),
    [(pa.int64(), "37833100"), (pa.float64(), "37833100.0"), (pa.uint32(), "37833100")],
    ids=str,
)
@pytest.mark.parametrize(("name", "column"), CODES)
def test_a_code_stored_as_a_number_is_refused(
    folder: Path, name: str, column: str, kind: pa.DataType, first: str
) -> None:
    """037833100 has become 37833100, and nobody can tell how many zeros there were."""
    count = pq.read_metadata(folder / f"{name}.parquet").num_rows
    retype(folder, name, column, pa.array(range(37833100, 37833100 + count)).cast(kind))
    only(
        check(folder),
        f"{name}.parquet: column {column} must be text; it was ",
        f"the first value {first}, which may lack zeros",
        "deliver it as text",
    )


def test_a_category_of_numbers_is_a_column_of_numbers(folder: Path) -> None:
    change(
        folder,
        "wrds_bond",
        lambda frame: frame.assign(cusip=pd.Categorical(range(37833100, 37833100 + len(frame)))),
    )
    only(check(folder), "column cusip must be text; it was BIGINT")


@pytest.mark.parametrize(
    "empty", [pa.nulls(300), pa.array([float("nan")] * 300)], ids=["null", "NaN"]
)
def test_an_empty_column_of_codes_has_no_type(folder: Path, empty: pa.Array) -> None:
    """A tool stores an empty column as numbers, which says nothing about its codes."""
    retype(folder, "wrds_bond", "isin", empty)
    assert set(values(folder, "wrds_bond", "isin")) == {None}


@pytest.mark.parametrize(("name", "column"), LABELS)
def test_a_label_stored_as_a_number_is_its_text(folder: Path, name: str, column: str) -> None:
    """Staging trims and compares texts; 1.0 is how a tool stores 1 beside a gap."""
    path = folder / f"{name}.parquet"
    if column not in pq.read_schema(path).names:
        change(folder, name, lambda frame: frame.assign(**{column: 0}))
    count = pq.read_metadata(path).num_rows
    for given, expected in [
        ([0, 1], {"0", "1"}),
        ([1.0, float("nan"), 2.5], {"1", None, "2.5"}),
    ]:
        retype(folder, name, column, pa.array((given * count)[:count]))
        assert set(values(folder, name.lower(), column)) == expected


# ---------------------------------------------------------------------------------------------
# Dates as times of a time zone

# Prints dates and times of a delivery, as a process in the time zone of TZ reads them.
READ_DAYS = """
import json, sys
sys.path += ["tests/python", "tests/python/tools"]
from pathlib import Path
from test_delivered_forms import values
found = [values(Path(sys.argv[1]), "wrds_bond", column) for column in ("date", "known_at")]
print(json.dumps([[str(value) for value in column] for column in found]))
"""


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_midnight_in_utc_is_the_same_day_in_every_zone(folder: Path, zone: str, unit: str) -> None:
    """2020-01-31 00:00 UTC is the evening of the 30th in New York, which is another month end."""

    def aware(frame: pd.DataFrame) -> pd.DataFrame:
        dates = pd.to_datetime(frame["date"]).dt.as_unit(unit).dt.tz_localize("UTC")
        return frame.assign(date=dates, known_at=dates + pd.Timedelta(hours=18))

    days = pd.to_datetime(pd.read_parquet(folder / "wrds_bond.parquet")["date"])
    change(folder, "wrds_bond", aware)
    done = subprocess.run(
        [sys.executable, "-c", READ_DAYS, str(folder)],
        cwd=ROOT,
        env=os.environ | {"TZ": zone, "PYTHONPATH": str(ROOT / "python")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        [f"{day:%Y-%m-%d} 00:00:00" for day in days],
        [f"{day:%Y-%m-%d} 18:00:00" for day in days],
    ]


def test_midnights_of_another_zone_are_refused(folder: Path) -> None:
    """As times of UTC they lie on the day before, and nothing says whose midnights they were."""

    def aware(frame: pd.DataFrame) -> pd.DataFrame:
        dates = pd.to_datetime(frame["date"]).dt.tz_localize("Asia/Tokyo")
        return frame.assign(date=dates)

    change(folder, "wrds_bond", aware)
    only(
        check(folder),
        "wrds_bond.parquet: column date must hold dates, or times at midnight in UTC; 300 of its",
        "15:00:00; convert it: to dates without time",
    )


# ---------------------------------------------------------------------------------------------
# Built


NUMBERS = ("inf", "-inf", "1e300", "-1e300", "1e-300", "0", "-1", "2147483648", "1e19")
DAYS = ("infinity", "-infinity", "5881580-07-10", "999999-12-31", "9999-12-31", "0001-01-01")
TEXTS = ("''", "x" * 300, "\x00", "é", "5")
# What a delivery of such rows loses.
LOST = ("rows_rejected", "keys_missed", "rows_withheld")
EXTREMES = {
    "double": NUMBERS, "integer": NUMBERS, "date": DAYS, "timestamp": DAYS, "varchar": TEXTS
}  # fmt: skip


def write_extremes(home: Path, last: str) -> Path:
    """Write the year 2019 up to a day, with every extreme value in every column, thrice."""
    part = write_part(home / "part", "2019-01-01", last)
    for entry in contract():
        name, meta = entry["meta"]["file"], entry["meta"]
        if meta.get("optional"):
            continue
        rows, odd_rows = read_table(part, name), []
        for column in entry["columns"]:
            spoilt = column["name"]
            if spoilt not in rows.columns:
                spoilt = column["meta"].get("alias", spoilt)
            for value in [v for v in EXTREMES[column["data_type"]] for _ in range(3)]:
                row = rows.iloc[(1000 + 37 * len(odd_rows)) % len(rows)]
                odd_rows.append(
                    {k: None if pd.isna(v) else str(v) for k, v in row.items()} | {spoilt: value}
                )
        place = home / "data" / name
        place.mkdir(parents=True)
        if meta["desk"] == "cdx_overlay":
            rows.to_csv(place / "a.csv", index=False)
            pd.DataFrame(odd_rows, dtype=object).to_csv(place / "b.csv", index=False)
        else:
            rows.to_parquet(place / "a.parquet", index=False)
            pd.DataFrame(odd_rows, dtype=object).to_parquet(place / "b.parquet", index=False)
    return home / "data"


def assert_built_and_balanced(build: Build) -> None:
    """Assert that all models ran and no row was lost on the way."""
    assert build.exit_code == 0, build.output[-3000:]
    steps = build.inner_frame("from quality.fct_row_accounting")
    assert len(steps) > 20 and steps["is_balanced"].all()


def test_no_value_of_a_row_stops_a_build(tmp_path: Path) -> None:
    """An issue type of infinity, a maturity in the year 5881580: each is a matter of its row."""
    data = write_extremes(tmp_path, "2019-04-30")
    assert_built_and_balanced(run_dbt(tmp_path, "build", *NO_DATA_TESTS, data_dir=data))


@pytest.mark.trust
def test_no_value_of_a_row_fails_a_data_test(tmp_path: Path) -> None:
    """The whole year, published: what such a delivery loses is accepted."""
    data = write_extremes(tmp_path, "2019-12-31")
    project = accept_losses(copy_project_with_tests(tmp_path / "project"), *LOST)
    build = run_dbt(tmp_path, "build", data_dir=data, project=project)
    assert_built_and_balanced(build)
    assert build.release.exists()
