"""The dates of a standard CDS decide its cash flows: one day of accrual is 278 dollars per 10MM.

The twins below count days one by one with the standard library; the printed dates come from the
ISDA roll rules and agree with QuantLib 1.44 (`cdsMaturity`, `DateGeneration.CDS2015`).
"""

import datetime as dt

import numpy as np
import pytest

from parspread.cds.contracts import cds_contracts
from parspread.dates._cds_days import following_weekday
from parspread.dates.cds_schedule import (
    MaturityRule,
    cash_settlement_date,
    day_numbers,
    first_accrual_date,
    premium_schedule,
    semiannual_anchor_date,
    standard_maturity_date,
)

TRADE_DATES = np.arange("2013-01-01", "2019-01-01", 5, dtype="datetime64[D]")


def is_open(date: dt.date) -> bool:
    return date.weekday() < 5


def following(date: dt.date) -> dt.date:
    while not is_open(date):
        date += dt.timedelta(days=1)
    return date


def add_months(date: dt.date, months: int) -> dt.date:
    index = date.year * 12 + date.month - 1 + months
    for day in range(date.day, 0, -1):
        try:
            return dt.date(index // 12, index % 12 + 1, day)
        except ValueError:
            continue
    raise AssertionError


def maturity_twin(trade: dt.date, months: int) -> dt.date:
    """Walk forward (2009) or backward (2015) day by day to the anchor, then add the tenor."""
    one_day = dt.timedelta(days=1)
    if trade < dt.date(2015, 12, 21):
        anchor = trade + one_day
        while anchor.day != 20 or anchor.month not in (3, 6, 9, 12):
            anchor += one_day
        return add_months(anchor, months)
    last_roll = trade
    while last_roll.day != 20 or last_roll.month not in (3, 9):
        last_roll -= one_day
    return add_months(last_roll, 3 + months)


def schedule_twin(start: dt.date, maturity: dt.date) -> list[tuple[dt.date, dt.date, dt.date]]:
    """Step back from maturity until the start is passed."""
    unadjusted, steps = [maturity], 1
    while unadjusted[-1] > start:
        unadjusted.append(add_months(maturity, -3 * steps))
        steps += 1
    ends = [date for date in reversed(unadjusted) if date > start]
    rows = []
    for position, end in enumerate(ends):
        begin = start if position == 0 else rows[-1][2]
        last = position == len(ends) - 1
        stop = maturity + dt.timedelta(days=1) if last else following(end)
        rows.append((begin, stop, following(end)))
    return rows


def test_maturities_agree_with_the_twin_on_every_fifth_day_of_six_years() -> None:
    months = np.array([0, 6, 12, 36, 60, 120])
    got = standard_maturity_date(TRADE_DATES[:, None], months)
    expected = [[maturity_twin(day, int(m)) for m in months] for day in TRADE_DATES.tolist()]
    np.testing.assert_array_equal(got, np.array(expected, dtype="datetime64[D]"))


@pytest.mark.parametrize(
    ("trade", "semiannual", "quarterly"),
    [
        ("2015-12-18", "2020-12-20", "2020-12-20"),
        ("2015-12-21", "2020-12-20", "2021-03-20"),
        ("2024-03-19", "2028-12-20", "2029-03-20"),
        ("2024-03-20", "2029-06-20", "2029-06-20"),
        ("2025-06-20", "2030-06-20", "2030-09-20"),
        ("2025-09-22", "2030-12-20", "2030-12-20"),
    ],
)
def test_five_year_maturity_follows_the_rule_of_its_time(
    trade: str, semiannual: str, quarterly: str
) -> None:
    assert str(standard_maturity_date(trade, 60)[0]) == semiannual
    assert str(standard_maturity_date(trade, 60, rule=MaturityRule.QUARTERLY_2009)[0]) == quarterly


def test_high_yield_rolls_a_week_later() -> None:
    dates = ["2025-03-20", "2025-03-26", "2025-03-27", "2025-09-26", "2025-09-27", "2025-12-31"]
    got = semiannual_anchor_date(dates, roll_day_of_month=27).astype(str).tolist()
    assert got == ["2024-12-20"] * 2 + ["2025-06-20"] * 2 + ["2025-12-20"] * 2


def test_premium_periods_agree_with_the_twin() -> None:
    starts = TRADE_DATES[::7]
    maturities = (starts.astype("datetime64[M]") + np.arange(len(starts)) % 121 + 1).astype(
        "datetime64[D]"
    ) + np.arange(len(starts)) % 28
    schedule = premium_schedule(starts, maturities)
    for row, (start, maturity) in enumerate(zip(starts.tolist(), maturities.tolist(), strict=True)):
        count = schedule.period_count[row]
        got = zip(
            schedule.accrual_start_date[row, :count].tolist(),
            schedule.accrual_end_date[row, :count].tolist(),
            schedule.payment_date[row, :count].tolist(),
            strict=True,
        )
        assert list(got) == schedule_twin(start, maturity)
        assert np.isnat(schedule.payment_date[row, count:]).all()


def test_last_period_pays_for_the_maturity_day() -> None:
    # 20 June 2026 is a Saturday: it accrues, and is paid on Monday the 22nd.
    schedule = premium_schedule("2025-03-20", "2026-06-20")
    assert schedule.accrual_days[0].tolist() == [92, 94, 91, 88, 93]
    assert str(schedule.payment_date[0, -1]) == "2026-06-22"


def test_month_end_maturities_keep_their_day_where_the_month_has_it() -> None:
    schedule = premium_schedule("2023-05-31", "2024-05-31")
    got = schedule.payment_date[0].astype(str).tolist()
    assert got == ["2023-08-31", "2023-11-30", "2024-02-29", "2024-05-31"]


def test_first_coupon_accrues_from_the_last_coupon_date_at_or_before_step_in() -> None:
    # 20 September 2025 is a Saturday, so the period turns on Monday the 22nd.
    trades = ["2025-09-19", "2025-09-20", "2025-09-21", "2025-09-22"]
    got = first_accrual_date(trades).astype(str).tolist()
    assert got == ["2025-06-20", "2025-06-20", "2025-09-22", "2025-09-22"]
    assert str(first_accrual_date("2025-06-19")[0]) == "2025-06-20", "step-in on a coupon date"


def test_accrued_days_fall_to_zero_when_step_in_is_a_coupon_date() -> None:
    trades = np.array(["2025-06-03", "2025-06-18", "2025-06-19", "2025-06-20"], "datetime64[D]")
    terms = {"coupon_bps": 100.0, "recovery_share": 0.4}
    for start in (None, np.repeat(np.datetime64("2025-03-20"), 4)):
        contracts = cds_contracts(trades, "2030-06-20", accrual_start_date=start, **terms)
        assert contracts.accrued_days.tolist() == [76, 91, 0, 1]


def test_accrued_days_are_those_of_the_period_that_step_in_falls_into() -> None:
    # Seasoned, odd, future and past contracts, against the periods of the twin above.
    rng = np.random.default_rng(5)
    starts = TRADE_DATES[rng.integers(0, len(TRADE_DATES), 400)]
    maturities = starts + rng.integers(-30, 900, 400)
    trades = starts + rng.integers(-60, 1000, 400)
    contracts = cds_contracts(
        trades, maturities, accrual_start_date=starts, coupon_bps=100.0, recovery_share=0.4
    )
    for row, trade in enumerate(trades.tolist()):
        step_in, expected = trade + dt.timedelta(days=1), 0
        if maturities[row] > starts[row]:
            for begin, stop, _ in schedule_twin(starts[row].item(), maturities[row].item()):
                expected += (step_in - begin).days if begin <= step_in < stop else 0
        assert contracts.accrued_days[row] == expected


def test_dates_of_two_centuries_agree_with_numpy() -> None:
    # Beyond the table of month starts too, in both directions.
    dates = np.arange("1940-01-01", "2140-01-01", dtype="datetime64[D]")
    forward = np.busday_offset(dates, 0, roll="forward")
    followed = [following_weekday(day) for day in day_numbers(dates)]
    np.testing.assert_array_equal(followed, day_numbers(forward))
    settled = np.busday_offset(dates, 3, roll="backward")
    np.testing.assert_array_equal(cash_settlement_date(dates), settled)
    months = np.arange("1939-12", "2140-04", 3, dtype="datetime64[M]")
    coupons = np.busday_offset(months.astype("datetime64[D]") + 19, 0, roll="forward")
    place = np.searchsorted(coupons, dates + 1, side="right") - 1
    np.testing.assert_array_equal(first_accrual_date(dates), coupons[place])


def test_settlement_skips_weekends() -> None:
    assert str(cash_settlement_date("2025-06-17")[0]) == "2025-06-20"
    assert str(cash_settlement_date("2025-06-18")[0]) == "2025-06-23"
    assert str(cash_settlement_date("2013-02-02")[0]) == "2013-02-06", "Saturday counts from Friday"


def test_missing_dates_stay_missing() -> None:
    nat = np.array(["NaT"], "datetime64[D]")
    schedule = premium_schedule(nat, "2030-06-20")
    assert schedule.period_count.tolist() == [0]
    assert np.isnat(standard_maturity_date(nat, 60)).all()
    assert np.isnat(first_accrual_date(nat)).all()
    contracts = cds_contracts(nat, "2030-06-20", coupon_bps=100.0, recovery_share=0.4)
    assert np.isnan(contracts.accrued_days).all()


def test_malformed_calls_name_the_rule() -> None:
    with pytest.raises(ValueError, match="tenor_months_count must be >= 0; the smallest was -6"):
        standard_maturity_date("2025-06-03", -6)
    with pytest.raises(ValueError, match="roll_day_of_month must be between 1 and 28"):
        semiannual_anchor_date("2025-06-03", roll_day_of_month=31)
