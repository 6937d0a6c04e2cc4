-- The Treasury that matures within the day window of each accepted bond-month.
-- Grain: one row per source_row_number.
-- Tie-break: plain notes and bonds only; largest public amount, unknown last, then earlier maturity, then
-- lower issue code, issue number and line.
-- A quote later in the month than the bond's date is not yet known, so it is not taken.
-- Drops: nothing; treasury_status says why there is none.

with

bonds as (

    select
        source_row_number,
        observation_date,
        maturity_date
    from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

candidates as (

    select
        source_row_number,
        issue_row_number,
        treasury_code,
        treasury_number,
        month_end_date,
        quote_date,
        maturity_date,
        -- The vendor writes 0 and -1 for unknown.
        if(public_amount_usd > 0, public_amount_usd, null) as public_amount_usd
    from {{ ref('int_cds_bond__treasuries_merged') }}
    where coalesce(fault_reason, screen_reason) is null

),

offsets as (

    select {{ days_either_side(var('treasury_match_window_days')) }} as offset_days

),

first_quotes as (

    select
        month_end_date,
        min(quote_date) as quote_date
    from candidates
    group by month_end_date

),

-- Everything is decided once for all bonds with the same date and the same maturity.
bond_maturities as (

    select
        bonds.observation_date,
        bonds.maturity_date,
        coalesce(first_quotes.quote_date <= bonds.observation_date, false) as is_treasury_quoted
    from (
        select distinct
            bonds.observation_date,
            bonds.maturity_date
        from bonds
    ) as bonds
    left join first_quotes on last_day(bonds.observation_date) = first_quotes.month_end_date

),

-- One row per day of the window turns the range join into an equality join.
bond_windows as (

    select
        last_day(bond_maturities.observation_date) as month_end_date,
        bond_maturities.observation_date,
        bond_maturities.maturity_date as bond_maturity_date,
        bond_maturities.maturity_date + offsets.offset_days as treasury_maturity_date
    from bond_maturities
    cross join offsets
    where bond_maturities.is_treasury_quoted

),

chosen as (

    select
        bond_windows.observation_date,
        bond_windows.bond_maturity_date,
        candidates.source_row_number as treasury_row_number,
        candidates.issue_row_number as treasury_issue_row_number,
        date_diff('day', bond_windows.bond_maturity_date, candidates.maturity_date)
            as treasury_maturity_gap_days
    from bond_windows
    inner join candidates
        on
            bond_windows.month_end_date = candidates.month_end_date
            and bond_windows.treasury_maturity_date = candidates.maturity_date
            and bond_windows.observation_date >= candidates.quote_date
    window
        best_first as (
            partition by bond_windows.observation_date, bond_windows.bond_maturity_date
            order by
                candidates.public_amount_usd desc nulls last,
                candidates.maturity_date asc,
                candidates.treasury_code asc,
                candidates.treasury_number asc,
                candidates.source_row_number asc,
                candidates.issue_row_number asc
        )
    qualify row_number() over best_first = 1

),

{{ matched_bonds('observation_date', 'is_treasury_quoted', 'no_treasury_quoted_yet_this_month') }}

select * from final
