-- Reference entity code of each bond-month.
-- Grain: one row per source_row_number.
-- A quoted entity comes before one without a CDS quote, then a match by ISIN before one by issuer CUSIP-6.
-- Tie-break: of several codes the one with the most CDS quotes up to the bond's date, then the lower code.
-- Later quotes do not count, because they were not yet known.
-- Drops: nothing; red_code_status says why there is none.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

listed as (

    select * from {{ ref('int_cds_bond__red_codes_listed') }}

),

curves as (

    select
        red_code,
        quote_date,
        quote_count
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

quote_dates as (

    select distinct quote_date
    from curves

),

observation_dates as (

    select distinct observation_date
    from bonds

),

-- Counts are needed only on the dates of bonds, which are few: each quote counts towards the next one.
counted_dates as (

    select
        quote_dates.quote_date,
        observation_dates.observation_date
    from quote_dates
    asof inner join observation_dates
        on quote_dates.quote_date <= observation_dates.observation_date

),

counted as (

    select
        curves.red_code,
        counted_dates.observation_date,
        sum(curves.quote_count) as quote_count
    from curves
    inner join counted_dates on curves.quote_date = counted_dates.quote_date
    group by curves.red_code, counted_dates.observation_date

),

coverage as (

    select
        counted.red_code,
        counted.observation_date,
        (sum(counted.quote_count) over history)::bigint as earlier_quote_count
    from counted
    window
        history as (
            partition by counted.red_code
            order by counted.observation_date
            rows between unbounded preceding and current row
        )

),

candidates as (

    select
        bonds.source_row_number,
        bonds.observation_date,
        listed.red_code,
        listed.match_rule
    from bonds
    left join listed on bonds.isin = listed.match_key
    union all
    select
        bonds.source_row_number,
        bonds.observation_date,
        listed.red_code,
        listed.match_rule
    from bonds
    inner join listed
        on
            listed.match_rule = 'issuer_cusip_6'
            and listed.match_key = substr(bonds.cusip, 1, 6)

),

final as (

    select
        candidates.source_row_number,
        candidates.red_code,
        candidates.match_rule as red_match_rule,
        coverage.earlier_quote_count,
        if(
            candidates.match_rule = 'issuer_cusip_6',
            min(candidates.red_code) filter (where candidates.match_rule = 'isin') over of_bond,
            null
        ) as passed_over_red_code,
        if(candidates.red_code is null, 'issuer_not_in_red_table', 'ok') as red_code_status
    from candidates
    asof left join coverage
        on
            candidates.red_code = coverage.red_code
            and candidates.observation_date >= coverage.observation_date
    window of_bond as (partition by candidates.source_row_number)
    qualify
        row_number() over (
            partition by candidates.source_row_number
            order by
                coalesce(coverage.earlier_quote_count, 0) > 0 desc,
                candidates.match_rule = 'isin' desc nulls last,
                coverage.earlier_quote_count desc nulls last,
                candidates.red_code asc nulls last
        ) = 1

)

select * from final
