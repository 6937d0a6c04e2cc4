-- Rows in = rows out + dropped - added, reason by reason, for every step that can lose or multiply rows.
-- Grain: one row per method, step and reason.
-- Order: within a population the rows out of one line are the rows in of the next; a step's reasons are in
-- the alphabet's order, additions first.
-- Populations: bond_months ends at the rows of fct_bond_basis; one population per measure starts there.

with

traced as (

    select * from {{ ref('int_cds_bond__bond_months_traced') }}

),

screening as (

    select * from {{ ref('fct_bond_screening') }}

),

measures as (

    select * from {{ ref('fct_bond_measures') }}

),

treasuries as (

    select * from {{ ref('int_cds_bond__treasuries_merged') }}

),

treasury_rows as (

    select
        'compat' as method,
        source_row_number,
        compat_reject_reason as reason
    from treasuries
    union all
    select
        'standard' as method,
        source_row_number,
        coalesce(fault_reason, screen_reason) as reason
    from treasuries

),

events as (

    select
        traced.method,
        'bond_months' as population,
        traced.step_number,
        {{ attrition_step_name('traced.step_number') }} as step,
        traced.reason,
        0 as rows_added,
        count(*) as rows_dropped
    from traced
    where traced.reason <> 'kept'
    group by traced.method, traced.step_number, traced.reason
    union all
    select
        screening.method,
        'bond_months' as population,
        3 as step_number,
        'red_codes_mapped' as step,
        'issuer_has_several_red_codes' as reason,
        sum(screening.row_count - 1) as rows_added,
        0 as rows_dropped
    from screening
    group by screening.method
    having sum(screening.row_count - 1) > 0
    union all
    select
        measures.method,
        measures.measure as population,
        1 as step_number,
        measures.measure || '_measured' as step,
        measures.measure_status as reason,
        0 as rows_added,
        count(*) as rows_dropped
    from measures
    where measures.measure_status <> 'ok'
    group by measures.method, measures.measure, measures.measure_status
    union all
    select
        treasury_rows.method,
        'treasury_months' as population,
        1 as step_number,
        'treasuries_merged' as step,
        treasury_rows.reason,
        0 as rows_added,
        count(*) as rows_dropped
    from treasury_rows
    where treasury_rows.reason is not null
    group by treasury_rows.method, treasury_rows.reason
    union all
    select
        treasury_rows.method,
        'treasury_months' as population,
        1 as step_number,
        'treasuries_merged' as step,
        'issue_listed_several_times' as reason,
        count(*) - count(distinct treasury_rows.source_row_number) as rows_added,
        0 as rows_dropped
    from treasury_rows
    group by treasury_rows.method
    having count(*) > count(distinct treasury_rows.source_row_number)
    union all
    select
        quotes.method,
        'cds_quotes' as population,
        1 as step_number,
        'cds_curves_cleaned' as step,
        quotes.reason,
        0 as rows_added,
        quotes.row_count as rows_dropped
    from {{ ref('int_cds_bond__cds_quotes_counted') }} as quotes
    where quotes.reason <> 'used'

),

delivered as (

    select
        method,
        'bond_months' as population,
        count(*) as row_count
    from screening
    group by method
    union all
    select
        method,
        measure as population,
        count(*) as row_count
    from measures
    group by method, measure
    union all
    select
        method,
        'treasury_months' as population,
        count(distinct source_row_number) as row_count
    from treasury_rows
    group by method
    union all
    select
        method,
        'cds_quotes' as population,
        sum(row_count) as row_count
    from {{ ref('int_cds_bond__cds_quotes_counted') }}
    group by method

),

chained as (

    select
        events.*,
        delivered.row_count
        + sum(events.rows_added - events.rows_dropped) over chain as rows_out
    from events
    inner join delivered
        on events.method = delivered.method and events.population = delivered.population
    window
        chain as (
            partition by events.method, events.population
            order by events.step_number asc, events.rows_added desc, events.reason asc
            rows between unbounded preceding and current row
        )

),

final as (

    select
        chained.method,
        chained.step,
        chained.reason,
        chained.population,
        row_number() over chain as line_number,
        (chained.rows_out - chained.rows_added + chained.rows_dropped)::bigint as rows_in,
        chained.rows_out::bigint as rows_out,
        chained.rows_dropped::bigint as rows_dropped,
        chained.rows_added::bigint as rows_added
    from chained
    window
        chain as (
            partition by chained.method, chained.population
            order by chained.step_number asc, chained.rows_added desc, chained.reason asc
        )

)

select * from final
