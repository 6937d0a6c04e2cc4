-- The Treasury that matures within the day window of each accepted bond-month, in the notebook's order.
-- Grain: one row per source_row_number.
-- Tie-break: largest public amount, unknown last, then file order; bills and amounts of 0 and -1 count.
-- A quote later in the month than the bond's date is taken.
-- Drops: nothing; treasury_status says why there is none.

with

bonds as (

    select
        source_row_number,
        month_end_date,
        maturity_date
    from {{ ref('int_ftsfr_notebook__bonds_screened') }}
    where reject_reason is null

),

candidates as (

    select
        source_row_number,
        issue_row_number,
        month_end_date,
        maturity_date,
        public_amount_usd
    from {{ ref('int_ftsfr_notebook__treasuries_merged') }}
    where reject_reason is null

),

offsets as (

    select {{ days_either_side(var('treasury_match_window_days')) }} as offset_days

),

-- Bond maturities that some Treasury of some month would match. Days cannot be added to the last dates that
-- the engine knows, and a Treasury of such a date matches nothing.
reachable as (

    select distinct maturities.maturity_date + offsets.offset_days as bond_maturity_date
    from (
        select distinct candidates.maturity_date
        from candidates
        where candidates.maturity_date between date '0001-01-10' and date '9999-12-21'
    ) as maturities
    cross join offsets

),

-- Everything is decided once for all bonds of a month with the same maturity.
bond_maturities as (

    select
        bonds.month_end_date,
        bonds.maturity_date,
        reachable.bond_maturity_date is not null as is_reachable
    from (
        select distinct
            bonds.month_end_date,
            bonds.maturity_date
        from bonds
    ) as bonds
    left join reachable on bonds.maturity_date = reachable.bond_maturity_date

),

-- One row per day of the window turns the range join into an equality join.
bond_windows as (

    select
        bond_maturities.month_end_date,
        last_day(bond_maturities.month_end_date) as match_month_end_date,
        bond_maturities.maturity_date as bond_maturity_date,
        bond_maturities.maturity_date + offsets.offset_days as treasury_maturity_date
    from bond_maturities
    cross join offsets
    where bond_maturities.is_reachable

),

chosen as (

    select
        bond_windows.month_end_date,
        bond_windows.bond_maturity_date,
        candidates.source_row_number as treasury_row_number,
        candidates.issue_row_number as treasury_issue_row_number,
        date_diff('day', bond_windows.bond_maturity_date, candidates.maturity_date)
            as treasury_maturity_gap_days
    from bond_windows
    inner join candidates
        on
            bond_windows.match_month_end_date = candidates.month_end_date
            and bond_windows.treasury_maturity_date = candidates.maturity_date
    window
        best_first as (
            partition by bond_windows.month_end_date, bond_windows.bond_maturity_date
            order by
                candidates.public_amount_usd desc nulls last,
                candidates.source_row_number asc,
                candidates.issue_row_number asc
        )
    qualify row_number() over best_first = 1

),

{{ matched_bonds('month_end_date', 'is_reachable', 'no_treasury_in_window_any_month') }}

select * from final
