"""Day counts against printed examples, QuantLib and a slow twin that counts day by day."""

import calendar
import datetime as dt

import numpy as np
import pytest
import QuantLib as ql

from bond_twins import counted_days, icma_year_fraction
from parspread.bonds.cashflows import coupon_period
from parspread.dates.calendar import as_dates, is_month_end, year_month_day
from parspread.dates.day_count import DayCount, year_fraction

# Days by 30/360 US, 30/360 bond basis, 30E/360, calendar; computed with QuantLib 1.44.
MONTH_END_PAIRS = [
    ("2024-01-31", "2024-02-29", 29, 29, 29, 29),
    ("2024-02-29", "2024-08-31", 180, 182, 181, 184),
    ("2023-02-28", "2023-08-31", 180, 183, 182, 184),
    ("2024-02-29", "2025-02-28", 360, 359, 359, 365),
    ("2025-08-31", "2026-02-28", 178, 178, 178, 181),
    ("2025-01-30", "2025-03-31", 60, 60, 60, 60),
    ("2025-01-15", "2025-03-31", 76, 76, 75, 75),
    ("2025-03-31", "2025-04-30", 30, 30, 30, 30),
    ("2025-05-31", "2025-08-31", 90, 90, 90, 92),
]

QUANTLIB_RULES = {
    DayCount.THIRTY_360_US: ql.Thirty360(ql.Thirty360.USA),
    DayCount.THIRTY_360_BOND_BASIS: ql.Thirty360(ql.Thirty360.BondBasis),
    DayCount.THIRTY_E_360: ql.Thirty360(ql.Thirty360.EurobondBasis),
    DayCount.ACT_360: ql.Actual360(),
    DayCount.ACT_365F: ql.Actual365Fixed(),
    DayCount.ACT_ACT_ISDA: ql.ActualActual(ql.ActualActual.ISDA),
}


def date_grid():
    """Pair every awkward date with every later one: month ends, leap days, year ends."""
    dates = [
        dt.date(year, month, day)
        for year in (1999, 2000, 2003, 2004, 2023, 2024)
        for month in (1, 2, 3, 8, 12)
        for day in (1, 15, 28, calendar.monthrange(year, month)[1])
    ] + [dt.date(2024, 2, 28), dt.date(2024, 3, 30), dt.date(2024, 8, 30), dt.date(2025, 2, 28)]
    dates = sorted(set(dates))
    return [(first, second) for first in dates for second in dates if first < second]


def twin_excel_actual_years(start, end):
    """Divide by the average year unless at most one year apart, in the words of the rule."""
    same_year = start.year == end.year
    next_year = end.year == start.year + 1
    if same_year or (next_year and (start.month, start.day) >= (end.month, end.day)):
        days = (start + dt.timedelta(n) for n in range((end - start).days + 1))
        has_leap_day = any((day.month, day.day) == (2, 29) for day in days)
        whole_leap_year = same_year and calendar.isleap(start.year)
        return (end - start).days / (366 if has_leap_day or whole_leap_year else 365)
    lengths = [365 + calendar.isleap(year) for year in range(start.year, end.year + 1)]
    return (end - start).days / (sum(lengths) / len(lengths))


def twin_isda_years(start, end):
    """Walk through the days, one 365th or 366th at a time."""
    days = (start + dt.timedelta(n) for n in range((end - start).days))
    return sum(1 / (365 + calendar.isleap(day.year)) for day in days)


@pytest.mark.parametrize("start,end,us,bond_basis,eurobond,calendar_days", MONTH_END_PAIRS)
def test_day_counts_match_the_published_month_end_pairs(
    start, end, us, bond_basis, eurobond, calendar_days
):
    # Month ends are where the four rules part; one wrong comparison moves accrued interest.
    assert counted_days(start, end, DayCount.THIRTY_360_US) == us
    assert counted_days(start, end, DayCount.THIRTY_360_BOND_BASIS) == bond_basis
    assert counted_days(start, end, DayCount.THIRTY_E_360) == eurobond
    assert counted_days(start, end, DayCount.ACT_360) == calendar_days


@pytest.mark.parametrize("rule", QUANTLIB_RULES)
def test_year_fractions_match_quantlib_on_every_awkward_pair(rule):
    # QuantLib implements the same definitions independently.
    pairs = date_grid()
    expected = [
        QUANTLIB_RULES[rule].yearFraction(ql.Date.from_date(a), ql.Date.from_date(b))
        for a, b in pairs
    ]
    actual = year_fraction([a for a, _ in pairs], [b for _, b in pairs], rule)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)


def test_excel_actual_actual_matches_the_rule_in_words():
    # The fast kernel looks for a leap day by arithmetic; the twin looks at every single day.
    pairs = date_grid()
    actual = year_fraction(*zip(*pairs, strict=True), DayCount.EXCEL_ACT_ACT)
    expected = [twin_excel_actual_years(a, b) for a, b in pairs]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-14)


def test_isda_actual_actual_matches_a_walk_through_the_days():
    # Splitting by calendar year must equal adding up each day's own share of its year.
    pairs = date_grid()[::7]
    actual = year_fraction(*zip(*pairs, strict=True), DayCount.ACT_ACT_ISDA)
    expected = [twin_isda_years(a, b) for a, b in pairs]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-10)


def test_excel_and_us_30_360_differ_after_february_month_end_only():
    # Excel reads the start day before February moves it to the 30th, the SIA rule after.
    pairs = date_grid()
    us = counted_days(*zip(*pairs, strict=True), DayCount.THIRTY_360_US)
    excel = counted_days(*zip(*pairs, strict=True), DayCount.EXCEL_30_360)
    for (start, end), gap in zip(pairs, excel - us, strict=True):
        february_end = start.month == 2 and (start + dt.timedelta(1)).month == 3
        assert gap == (1 if february_end and end.day == 31 else 0)


def test_icma_gives_each_full_coupon_period_the_same_share_of_a_year():
    # ACT/ACT ICMA exists so that equal coupons accrue over unequal half-years.
    starts, ends = ["2025-05-15", "2025-11-15"], ["2025-11-15", "2026-05-15"]
    full = icma_year_fraction(starts, ends, starts, ends, 2)
    np.testing.assert_array_equal(full, [0.5, 0.5])
    part = icma_year_fraction("2025-11-15", "2026-02-06", "2025-11-15", "2026-05-15", 2)
    assert part == 83 / 181 / 2
    period = coupon_period("2026-02-06", "2035-11-15", 2, DayCount.ACT_ACT_ICMA)
    assert period.accrued_ratio[0] == 83 / 181


def test_a_missing_date_gives_nan_under_every_rule():
    # A null date must never turn into a number.
    for rule in DayCount:
        days = counted_days(["NaT", "2024-01-31", "2024-01-31"], ["2024-03-01"] * 2 + ["NaT"], rule)
        np.testing.assert_array_equal(np.isnan(days), [True, False, True])


def test_each_row_may_have_its_own_rule():
    # A bond table mixes conventions; one call must serve it.
    rules = [rule for rule in DayCount if rule != DayCount.ACT_ACT_ICMA]
    mixed = year_fraction("2024-02-29", "2025-08-31", rules)
    single = [float(year_fraction("2024-02-29", "2025-08-31", rule)) for rule in rules]
    np.testing.assert_array_equal(mixed, single)


def test_malformed_calls_are_refused_with_the_offending_value():
    # A wrong code is a programming error, not a missing value.
    with pytest.raises(ValueError, match="day_count must hold codes of DayCount; one value was 42"):
        year_fraction("2024-01-01", "2024-02-01", 42)
    with pytest.raises(ValueError, match="must not be ACT_ACT_ICMA"):
        year_fraction("2024-01-01", "2024-02-01", DayCount.ACT_ACT_ICMA)


def test_dates_lose_their_time_of_day():
    # Vendors deliver timestamps; the calendar date is what counts.
    assert as_dates(np.datetime64("2024-02-29T23:59:59")) == np.datetime64("2024-02-29")


def test_every_day_of_four_centuries_has_the_calendar_date_of_python():
    # The arithmetic behind every schedule; four hundred years hold every kind of year once. The
    # first and the last years of the calendar hold the vendors' markers for "never".
    first = dt.date(1799, 12, 31).toordinal()
    ordinals = [*range(1, 800), *range(first, first + 146_100), *range(3_652_059 - 800, 3_652_059)]
    expected = [dt.date.fromordinal(number) for number in ordinals]
    dates = np.array(expected, dtype="datetime64[D]")
    year, month, day = year_month_day(dates)
    assert list(zip(year.tolist(), month.tolist(), day.tolist(), strict=True)) == [
        (date.year, date.month, date.day) for date in expected
    ]
    is_last = [(date + dt.timedelta(1)).day == 1 for date in expected]
    assert is_month_end(dates).tolist() == is_last
