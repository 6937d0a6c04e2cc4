-- The Treasury that matures within the day window of each accepted bond-month.
-- Grain: one row per method and source_row_number.
-- Tie-break compat: largest public amount, unknown last, then file order; bills and zero amounts count.
-- Tie-break standard: plain notes and bonds only; largest public amount, unknown last, then earlier
-- maturity, then
-- lower issue code, issue number and line.
-- A quote later in the month than the bond's date is not known yet: standard does not take it, the notebook
-- does.
-- Drops: nothing; treasury_status says why there is none.

with

bonds as (

    select
        method,
        source_row_number,
        last_day(month_end_date) as match_month_end_date,
        if(method = 'compat', last_day(month_end_date), observation_date) as known_date,
        maturity_date
    from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

treasuries as (

    select * from {{ ref('int_cds_bond__treasuries_merged') }}

),

bond_months as (

    select distinct
        method,
        match_month_end_date
    from bonds

),

candidates as (

    select
        bond_months.method,
        treasuries.month_end_date,
        treasuries.quote_date,
        treasuries.maturity_date,
        treasuries.treasury_code,
        treasuries.treasury_number,
        treasuries.source_row_number,
        treasuries.issue_row_number,
        if(bond_months.method = 'compat', treasuries.annual_yield_dec, treasuries.bond_equivalent_yield_dec)
            as treasury_yield_dec,
        -- The vendor writes 0 and -1 for unknown; the notebook takes them for amounts.
        if(
            bond_months.method = 'compat' or treasuries.public_amount_usd > 0,
            treasuries.public_amount_usd,
            null
        ) as public_amount_usd
    from treasuries
    inner join bond_months on treasuries.month_end_date = bond_months.match_month_end_date
    where
        case bond_months.method
            when 'compat' then treasuries.compat_reject_reason is null
            else coalesce(treasuries.fault_reason, treasuries.screen_reason) is null
        end

),

offsets as (

    select unnest(
        range(-{{ var('treasury_match_window_days') }}, {{ var('treasury_match_window_days') }} + 1)
    )::integer as offset_days

),

bond_maturities as (

    select distinct
        method,
        match_month_end_date,
        known_date,
        maturity_date
    from bonds

),

-- One row per day of the window turns the range join into an equality join.
bond_windows as (

    select
        bond_maturities.method,
        bond_maturities.match_month_end_date,
        bond_maturities.known_date,
        bond_maturities.maturity_date as bond_maturity_date,
        bond_maturities.maturity_date + offsets.offset_days as treasury_maturity_date
    from bond_maturities
    cross join offsets

),

windows as (

    select
        candidates.*,
        bond_windows.known_date,
        bond_windows.bond_maturity_date
    from bond_windows
    inner join candidates
        on
            bond_windows.method = candidates.method
            and bond_windows.match_month_end_date = candidates.month_end_date
            and bond_windows.treasury_maturity_date = candidates.maturity_date
            and bond_windows.known_date >= candidates.quote_date

),

chosen as (

    select
        windows.*,
        count(*) over whole_window as candidate_count
    from windows
    window
        best_first as (
            partition by
                windows.method,
                windows.month_end_date,
                windows.known_date,
                windows.bond_maturity_date
            order by
                windows.public_amount_usd desc nulls last,
                if(windows.method = 'compat', null, windows.maturity_date) nulls last,
                if(windows.method = 'compat', null, windows.treasury_code) nulls last,
                if(windows.method = 'compat', null, windows.treasury_number) nulls last,
                windows.source_row_number asc,
                windows.issue_row_number asc
        ),
        whole_window as (
            partition by
                windows.method,
                windows.month_end_date,
                windows.known_date,
                windows.bond_maturity_date
        )
    qualify row_number() over best_first = 1

),

first_quotes as (

    select
        method,
        month_end_date,
        min(quote_date) as quote_date
    from candidates
    group by method, month_end_date

),

treasury_maturities as (

    select distinct
        method,
        maturity_date
    from candidates

),

-- Bonds that some Treasury of some month would match.
reachable as (

    select distinct
        bond_windows.method,
        bond_windows.bond_maturity_date
    from bond_windows
    inner join treasury_maturities
        on
            bond_windows.method = treasury_maturities.method
            and bond_windows.treasury_maturity_date = treasury_maturities.maturity_date

),

final as (

    select
        bonds.method,
        bonds.source_row_number,
        chosen.treasury_code,
        chosen.treasury_number,
        chosen.maturity_date as treasury_maturity_date,
        date_diff('day', bonds.maturity_date, chosen.maturity_date) as treasury_maturity_gap_days,
        chosen.public_amount_usd as treasury_public_amount_usd,
        chosen.treasury_yield_dec,
        coalesce(chosen.candidate_count, 0) as candidate_count,
        case
            when chosen.method is not null then 'ok'
            -- Whether another month has one is known of the past only, so standard does not ask.
            when bonds.method = 'compat' and reachable.method is null
                then 'no_treasury_in_window_any_month'
            when
                bonds.method = 'standard' and not coalesce(first_quotes.quote_date <= bonds.known_date, false)
                then 'no_treasury_quoted_yet_this_month'
            else 'no_treasury_in_window_this_month'
        end as treasury_status
    from bonds
    left join chosen
        on
            bonds.method = chosen.method
            and bonds.match_month_end_date = chosen.month_end_date
            and bonds.known_date = chosen.known_date
            and bonds.maturity_date = chosen.bond_maturity_date
    left join first_quotes
        on
            bonds.method = first_quotes.method
            and bonds.match_month_end_date = first_quotes.month_end_date
    left join reachable
        on
            bonds.method = reachable.method
            and bonds.maturity_date = reachable.bond_maturity_date

)

select * from final
