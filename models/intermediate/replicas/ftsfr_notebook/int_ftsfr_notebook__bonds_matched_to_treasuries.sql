-- The Treasury that matures within the day window of each accepted bond-month, in the notebook's order.
-- Grain: one row per source_row_number.
-- Tie-break: largest public amount, unknown last, then file order; bills and amounts of 0 and -1 count.
-- A quote later in the month than the bond's date is taken.
-- Drops: nothing; treasury_status says why there is none.

with

bonds as (

    select
        source_row_number,
        last_day(month_end_date) as match_month_end_date,
        maturity_date
    from {{ ref('int_ftsfr_notebook__bonds_screened') }}
    where reject_reason is null

),

candidates as (

    select * from {{ ref('int_ftsfr_notebook__treasuries_merged') }}
    where reject_reason is null

),

offsets as (

    select {{ days_either_side(var('treasury_match_window_days')) }} as offset_days

),

bond_maturities as (

    select distinct
        match_month_end_date,
        maturity_date
    from bonds

),

-- One row per day of the window turns the range join into an equality join.
bond_windows as (

    select
        bond_maturities.match_month_end_date,
        bond_maturities.maturity_date as bond_maturity_date,
        bond_maturities.maturity_date + offsets.offset_days as treasury_maturity_date
    from bond_maturities
    cross join offsets

),

chosen as (

    select
        candidates.*,
        bond_windows.bond_maturity_date,
        count(*) over whole_window as candidate_count
    from bond_windows
    inner join candidates
        on
            bond_windows.match_month_end_date = candidates.month_end_date
            and bond_windows.treasury_maturity_date = candidates.maturity_date
    window
        best_first as (
            partition by candidates.month_end_date, bond_windows.bond_maturity_date
            order by
                candidates.public_amount_usd desc nulls last,
                candidates.source_row_number asc,
                candidates.issue_row_number asc
        ),
        whole_window as (
            partition by candidates.month_end_date, bond_windows.bond_maturity_date
        )
    qualify row_number() over best_first = 1

),

-- Bonds that some Treasury of some month would match.
reachable as (

    select distinct bond_windows.bond_maturity_date
    from bond_windows
    where
        bond_windows.treasury_maturity_date in (select candidates.maturity_date from candidates)

),

final as (

    select
        bonds.source_row_number,
        chosen.treasury_code,
        chosen.treasury_number,
        chosen.maturity_date as treasury_maturity_date,
        date_diff('day', bonds.maturity_date, chosen.maturity_date) as treasury_maturity_gap_days,
        chosen.public_amount_usd as treasury_public_amount_usd,
        chosen.annual_yield_dec as treasury_yield_dec,
        coalesce(chosen.candidate_count, 0) as candidate_count,
        case
            when chosen.bond_maturity_date is not null then 'ok'
            when reachable.bond_maturity_date is null then 'no_treasury_in_window_any_month'
            else 'no_treasury_in_window_this_month'
        end as treasury_status
    from bonds
    left join chosen
        on
            bonds.match_month_end_date = chosen.month_end_date
            and bonds.maturity_date = chosen.bond_maturity_date
    left join reachable on bonds.maturity_date = reachable.bond_maturity_date

)

select * from final
