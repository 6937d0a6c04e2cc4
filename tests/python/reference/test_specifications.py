"""The specification curve and the correlations of implied rates, recomputed by pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import Build

CHOICES = ["measure", "interpolation", "bond_filter", "alignment", "weighting"]
CDS_OF = {
    "of_record": "cds_par_spread_dec",
    "spline": "cds_spline_dec",
    "hazards": "cds_hazard_dec",
}
OWN = {
    "interpolation": "of_record",
    "bond_filter": "all_bonds",
    "alignment": "nearest_day",
    "weighting": "equal",
}


@pytest.fixture(scope="module")
def cells(sample: Build) -> pd.DataFrame:
    """Return every cell of the specification curve, a column per statistic."""
    long = sample.frame("from cds_bond.fct_basis_specifications")
    assert not long.duplicated(
        ["method", *CHOICES, "analysis_period", "rating_group", "statistic"]
    ).any()
    keys = ["method", "is_replica", "curve", *CHOICES, "analysis_period", "rating_group"]
    return long.pivot(
        index=[*keys, "month_count"], columns="statistic", values="basis_bps"
    ).reset_index()


@pytest.fixture(scope="module")
def bonds(sample: Build) -> pd.DataFrame:
    """Return every bond-month of each measure with what its cells choose by."""
    return sample.frame(
        """
        select measures.*, bonds.cds_spline_dec, bonds.cds_hazard_dec, bonds.cds_quote_age_days,
            bonds.price_age_days as price_days, bonds.common_sample as in_common_sample
        from cds_bond.fct_bond_measures as measures
        inner join cds_bond.fct_bond_basis as bonds
            using (method, cusip, red_code, month_end_date, duplicate_number)
        where measure_status = 'ok' and measures.rating_group in ('IG', 'HY')
        """
    )


def test_there_are_a_hundred_cells_and_each_choice_has_its_own(cells: pd.DataFrame) -> None:
    whole = cells[(cells.analysis_period == "full") & (cells.rating_group == "IG")]
    assert len(whole) >= 100
    assert set(whole.loc[whole.is_replica, "method"]) == {"ftsfr_notebook", "ftsfr_zspread"}
    own = whole[~whole.is_replica]
    assert set(own["interpolation"]) == set(CDS_OF)
    means = own[own["weighting"] != "median"]
    assert means.groupby(["bond_filter", "alignment", "weighting"]).size().nunique() == 1
    assert means.groupby(["bond_filter", "alignment", "weighting"]).ngroups == 3 * 2 * 2
    medians = own[own["weighting"] == "median"]
    assert medians.groupby("bond_filter").size().tolist() == [medians["measure"].nunique()] * 3
    assert set(medians["interpolation"]) == {"of_record"}


def test_cells_of_methods_are_the_rows_of_their_summary(cells: pd.DataFrame, sample: Build) -> None:
    summary = sample.frame("from cds_bond.fct_basis_summary where measure <> 'ois_less_treasury'")
    own = cells
    for choice, value in OWN.items():
        own = own[own[choice] == value]
    keys = ["method", "measure", "analysis_period", "rating_group"]
    both = summary.merge(own, on=keys, how="outer", indicator=True, suffixes=("", "_cell"))
    assert (both["_merge"] == "both").all()
    assert set(both["method"]) == {"standard", "ftsfr_notebook", "ftsfr_zspread"}
    assert (both["month_count"] == both["month_count_cell"]).all()
    for statistic in ("mean", "median", "sd", "p5", "p95"):
        np.testing.assert_array_equal(both[statistic], both[f"{statistic}_basis_bps"])


def test_eighty_random_cells_are_what_pandas_makes_of_the_bonds(
    cells: pd.DataFrame, bonds: pd.DataFrame
) -> None:
    full = cells[(cells.analysis_period == "full") & ~cells.is_replica]
    for cell in full.sample(80, random_state=20_261_127).itertuples():
        chosen = bonds[(bonds.method == "standard") & (bonds.measure == cell.measure)]
        if cell.rating_group != "ALL":
            chosen = chosen[chosen.rating_group == cell.rating_group]
        if cell.bond_filter == "common_sample":
            chosen = chosen[chosen.in_common_sample]
        elif cell.bond_filter == "price_of_last_3_days":
            chosen = chosen[chosen.price_days <= 3]
        if cell.alignment == "same_day":
            chosen = chosen[chosen.cds_quote_age_days == 0]
        basis = (chosen[CDS_OF[cell.interpolation]] - chosen["fr_dec"]) * 10_000
        chosen = chosen.assign(basis=basis).dropna(subset="basis")
        months = chosen.groupby("month_end_date").apply(_average, cell.weighting)
        assert len(months) == cell.month_count
        wanted = [months.mean(), months.median(), months.std(), *months.quantile([0.05, 0.95])]
        found = [cell.mean, cell.median, cell.sd, cell.p5, cell.p95]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-8)


def _average(month: pd.DataFrame, weighting: str) -> float:
    if weighting == "amount":
        return np.average(month["basis"], weights=month["amount_outstanding_usd"])
    return month["basis"].median() if weighting == "median" else month["basis"].mean()


def test_the_page_orders_the_cells_and_shows_median_and_quartiles(
    cells: pd.DataFrame, sample: Build
) -> None:
    shown = sample.frame("from reports.rpt_basis_specifications order by rating_group, cell_number")
    full = cells[(cells.analysis_period == "full") & (cells.rating_group != "ALL")]
    assert len(shown) == len(full)
    for rating, group in shown.groupby("rating_group"):
        wanted = full.loc[full.rating_group == rating, "mean"].sort_values().to_numpy()
        np.testing.assert_array_equal(group["mean_basis_bps"], wanted)
        np.testing.assert_array_equal(group["cell_number"], np.arange(1, len(wanted) + 1))
        for column, share in (("p25", 0.25), ("median", 0.5), ("p75", 0.75)):
            np.testing.assert_allclose(
                group[f"{column}_of_cells_bps"], np.quantile(wanted, share), rtol=0, atol=1e-9
            )


def test_correlations_of_implied_rates_are_those_of_pandas(sample: Build) -> None:
    found = sample.frame("from cds_bond.fct_implied_rate_correlations")
    months = sample.frame("from cds_bond.fct_rating_basis where mean_implied_rf_dec is not null")
    pair_count = 0
    for method, rows in months.groupby("method"):
        series = rows.pivot(
            index="month_end_date",
            columns=["rating_group", "measure"],
            values="mean_implied_rf_dec",
        )
        # A missing month end has no change, and nor has the month after it.
        every_month = pd.date_range(series.index.min(), series.index.max(), freq="ME")
        changes = series.reindex(every_month).diff()
        own = found[found.method == method].set_index(
            ["first_rating_group", "first_measure", "second_rating_group", "second_measure"]
        )
        names = sorted(series.columns)
        pair_count += len(names) * (len(names) - 1) // 2
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                pair = own.loc[(*one, *other)]
                both = series[[one, other]].dropna()
                moved = changes[[one, other]].dropna()
                assert (pair.month_count, pair.change_count) == (len(both), len(moved))
                assert pair.correlation_status == "ok"
                assert pair.level_correlation_ratio == pytest.approx(
                    both.corr().iloc[0, 1], abs=1e-9
                )
                assert pair.change_correlation_ratio == pytest.approx(
                    moved.corr().iloc[0, 1], abs=1e-9
                )
    assert len(found) == pair_count > 50
