"""A benchmark that no longer fits the model that it measures would be noticed by nobody."""

import duckdb
import pandas as pd
import pytest

from parspread_tools.benchmarks import basis as benchmark_basis


def test_the_match_that_is_measured_is_the_loop_that_it_is_measured_against(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two hundred bond-months, ties and unknown amounts included."""
    monkeypatch.setattr(benchmark_basis, "MATCH_ROWS", 200)
    with duckdb.connect() as connection:
        benchmark_basis.simulated_bond_months(connection)
        benchmark_basis.matched_by_model(connection)
        found = connection.sql(
            "select source_row_number, treasury_code, treasury_status from matched order by 1"
        ).df()
        expected = benchmark_basis.matched_by_loop(connection)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert found["treasury_status"].nunique() > 1
