-- The Treasury that matures within the day window of each accepted bond-month.
-- Grain: one row per source_row_number.
-- Tie-break: plain notes and bonds only; largest public amount, unknown last, then earlier maturity, then
-- lower issue code, issue number and line.
-- A quote later in the month than the bond's date is not known yet and not taken.
-- Drops: nothing; treasury_status says why there is none.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

candidates as (

    select
        * replace (
            -- The vendor writes 0 and -1 for unknown.
            if(public_amount_usd > 0, public_amount_usd, null) as public_amount_usd
        )
    from {{ ref('int_cds_bond__treasuries_merged') }}
    where coalesce(fault_reason, screen_reason) is null

),

offsets as (

    select {{ days_either_side(var('treasury_match_window_days')) }} as offset_days

),

bond_maturities as (

    select distinct
        month_end_date,
        observation_date,
        maturity_date
    from bonds

),

-- One row per day of the window turns the range join into an equality join.
bond_windows as (

    select
        bond_maturities.month_end_date,
        bond_maturities.observation_date,
        bond_maturities.maturity_date as bond_maturity_date,
        bond_maturities.maturity_date + offsets.offset_days as treasury_maturity_date
    from bond_maturities
    cross join offsets

),

chosen as (

    select
        candidates.*,
        bond_windows.observation_date,
        bond_windows.bond_maturity_date,
        count(*) over whole_window as candidate_count
    from bond_windows
    inner join candidates
        on
            bond_windows.month_end_date = candidates.month_end_date
            and bond_windows.treasury_maturity_date = candidates.maturity_date
            and bond_windows.observation_date >= candidates.quote_date
    window
        best_first as (
            partition by
                candidates.month_end_date,
                bond_windows.observation_date,
                bond_windows.bond_maturity_date
            order by
                candidates.public_amount_usd desc nulls last,
                candidates.maturity_date asc,
                candidates.treasury_code asc,
                candidates.treasury_number asc,
                candidates.source_row_number asc,
                candidates.issue_row_number asc
        ),
        whole_window as (
            partition by
                candidates.month_end_date,
                bond_windows.observation_date,
                bond_windows.bond_maturity_date
        )
    qualify row_number() over best_first = 1

),

first_quotes as (

    select
        month_end_date,
        min(quote_date) as quote_date
    from candidates
    group by month_end_date

),

final as (

    select
        bonds.source_row_number,
        chosen.treasury_code,
        chosen.treasury_number,
        chosen.maturity_date as treasury_maturity_date,
        date_diff('day', bonds.maturity_date, chosen.maturity_date) as treasury_maturity_gap_days,
        chosen.public_amount_usd as treasury_public_amount_usd,
        chosen.bond_equivalent_yield_dec as treasury_yield_dec,
        coalesce(chosen.candidate_count, 0) as candidate_count,
        case
            when chosen.treasury_code is not null then 'ok'
            when coalesce(first_quotes.quote_date <= bonds.observation_date, false)
                then 'no_treasury_in_window_this_month'
            else 'no_treasury_quoted_yet_this_month'
        end as treasury_status
    from bonds
    left join chosen
        on
            bonds.month_end_date = chosen.month_end_date
            and bonds.observation_date = chosen.observation_date
            and bonds.maturity_date = chosen.bond_maturity_date
    left join first_quotes on bonds.month_end_date = first_quotes.month_end_date

)

select * from final
