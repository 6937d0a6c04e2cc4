"""Which of the delivered rows count: restated values, as-of dates, and the bytes themselves."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import duckdb
import pytest
from scaled_rows import vendor_tables

from parspread_tools.gate import digests
from parspread_tools.gate.check import check_inputs

pytestmark = pytest.mark.usefixtures("at_project_root")

CONTRACT = [
    {
        "table": "cdx",
        "meta": {
            "file": "cdx",
            "desk": "cdx_overlay",
            "version_key": ["date", "index", "tenor"],
            "date_column": "date",
        },
        "columns": [
            {"name": "known_at", "data_type": "timestamp", "meta": {}},
            {"name": "date", "data_type": "date", "meta": {"required": True}},
            {"name": "index", "data_type": "varchar", "meta": {"required": True}},
            {"name": "tenor", "data_type": "varchar", "meta": {"required": True}},
            {"name": "spread", "data_type": "double", "meta": {"required": True}},
        ],
    }
]
HEADER = "date,index,tenor,spread,known_at"
ROWS = [
    "2024-01-02,IG,5Y,60,2024-01-02",
    "2024-01-02, ig ,5Y,61,2024-01-02 18:30:00",  # the same evening
    "2024-01-02,IG,5Y,65,2024-03-01",  # restated in March
    "2024-01-03,IG,5Y,62,",  # without a time: known from the start
    "2024-01-04,IG,5Y,63,2024-01-08",  # late
    "2024-02-01,IG,5Y,64,2024-02-01",
    "2024-02-02,IG,5Y,66,soon",
]


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """Return a folder with one restated file."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "cdx.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    return folder


def read(folder: Path, *choices: str) -> tuple[list[float], dict[int, str]]:
    """Return the spreads that count, and the reason of every line that does not."""
    with vendor_tables(folder, CONTRACT, *choices) as connection:
        kept = connection.sql(
            "select spread::double from vendor.cdx order by source_row_number"
        ).fetchall()
        withheld = connection.sql(
            "select source_row_number, withheld_reason from vendor.withheld_rows"
        ).fetchall()
        raw = connection.sql("select raw_row_json from vendor.withheld_rows").fetchall()
    assert all('"spread":"' in text for (text,) in raw)
    return [spread for (spread,) in kept], dict(withheld)


def test_the_latest_version_counts(delivery: Path) -> None:
    """Today's warehouse uses what is known today."""
    spreads, withheld = read(delivery)
    assert spreads == [65, 62, 63, 64]
    assert withheld == {
        1: "other_version_counts",
        2: "other_version_counts",
        7: "known_at_unreadable",
    }


def test_as_of_an_earlier_day_the_correction_is_not_known(delivery: Path) -> None:
    """The version of that evening counts, a late row is not there, nor is the future."""
    spreads, withheld = read(delivery, "2024-01-05")
    assert spreads == [61, 62]
    assert withheld == {
        1: "other_version_counts",
        3: "not_known_yet",
        5: "not_known_yet",
        6: "not_known_yet",
        7: "known_at_unreadable",
    }


def test_the_first_version_is_what_a_trader_saw(delivery: Path) -> None:
    """Corrections never count, however late one asks."""
    spreads, withheld = read(delivery, "9999-12-31", "first")
    assert spreads == [60, 62, 63, 64]
    assert withheld[2] == withheld[3] == "other_version_counts"


def test_without_versions_only_the_date_counts(delivery: Path) -> None:
    """A file without known_at is cut at the as-of date, and at no other place."""
    lines = ["date,index,tenor,spread", *(row.rsplit(",", 1)[0] for row in ROWS)]
    (delivery / "cdx.csv").write_text("\n".join(lines) + "\n")
    spreads, withheld = read(delivery, "2024-01-31")
    assert spreads == [60, 61, 65, 62, 63]
    assert withheld == {6: "date_in_future", 7: "date_in_future"}


def approve(folder: Path) -> None:
    """Write the list that sha256sum would write."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.glob("cdx.*"))
    ]
    (folder / digests.APPROVED).write_text("\n".join(lines) + "\n")


def test_an_approved_delivery_must_have_the_approved_bytes(delivery: Path) -> None:
    """Three hundred single flipped bits, each of which would pass every other check or not."""
    approve(delivery)
    file = delivery / "cdx.csv"
    sound = file.read_bytes()
    assert digests.unapproved(delivery, [file]) == []
    draw = random.Random(5)
    for _ in range(300):
        place, bit = draw.randrange(len(sound)), 1 << draw.randrange(8)
        file.write_bytes(sound[:place] + bytes([sound[place] ^ bit]) + sound[place + 1 :])
        (message,) = digests.unapproved(delivery, [file])
        assert "cdx.csv: must have the bytes that" in message and "deliver it again" in message


def test_a_file_that_nobody_approved_is_refused(delivery: Path) -> None:
    """The list is complete or it is no list."""
    approve(delivery)
    (delivery / digests.APPROVED).write_text("0" * 64 + "  other.csv\n")
    unlisted, missing = check_inputs(delivery, CONTRACT)["errors"]
    assert "must be listed in" in unlisted and "approve or remove it" in unlisted
    assert "other.csv: must be there, because" in missing


def test_a_list_that_cannot_be_read_is_named_with_its_line(delivery: Path) -> None:
    """A damaged list must not look like an approval."""
    (delivery / digests.APPROVED).write_text("deadbeef cdx.csv\n")
    (message,) = check_inputs(delivery, CONTRACT)["errors"]
    assert "SHA256SUMS line 1: must be a SHA-256 digest" in message


def test_what_changed_since_the_last_release_is_said(delivery: Path, tmp_path: Path) -> None:
    """Changed bytes are noticed, with or without a list."""
    release = tmp_path / "parspread.duckdb"
    sha256 = digests.digest(delivery / "cdx.csv")
    with duckdb.connect(str(release)) as connection:
        connection.execute("create schema quality")
        connection.execute(
            "create table quality.dim_input_files as select 'cdx' as table_name, "
            f"'desk' as data_set, 'cdx.csv' as file_name, '{sha256}' as sha256"
        )
    choices = ("9999-12-31", "latest", release)
    assert check_inputs(delivery, CONTRACT, *choices)["notes"] == []
    (delivery / "cdx.csv").write_text("\n".join([HEADER, *ROWS[:3]]) + "\n")
    (note,) = check_inputs(delivery, CONTRACT, *choices)["notes"]
    assert note.endswith("cdx.csv is changed since the last release")
