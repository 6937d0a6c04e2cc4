-- Rows in = rows out + dropped - added, reason by reason, for every step that can lose or multiply rows.
-- Grain: one row per method, step and reason.
-- Order: within a population the rows out of one line are the rows in of the next; a step's reasons are in
-- the alphabet's order, additions first.
-- Populations: bond_months ends at the rows of fct_bond_basis; one population per measure starts there.

with

traced as (

    select
        'standard' as method,
        *
    from {{ ref('int_cds_bond__bond_months_traced') }}
    {{ stack_replicas('bond_months_traced') }}

),

measures as (

    select * from {{ ref('fct_bond_measures') }}

),

treasury_rows as (

    select
        'standard' as method,
        source_row_number,
        coalesce(fault_reason, screen_reason) as reject_reason
    from {{ ref('int_cds_bond__treasuries_merged') }}
    {{ stack_replicas('treasuries_merged') }}

),

quotes as (

    select
        'standard' as method,
        *
    from {{ ref('int_cds_bond__cds_quotes_counted') }}
    {{ stack_replicas('cds_quotes_counted') }}

),

-- What became of every row; the reason is null where it is kept. A line number that repeats was multiplied by
-- a join.
outcomes as (

    select
        traced.method,
        'bond_months' as population,
        traced.source_row_number,
        traced.step_number,
        {{ attrition_step_name('traced.step_number') }} as step,
        nullif(traced.reason, 'kept') as reason,
        1 as row_count
    from traced
    union all
    select
        measures.method,
        measures.measure as population,
        null as source_row_number,
        1 as step_number,
        measures.measure || '_measured' as step,
        nullif(measures.measure_status, 'ok') as reason,
        1 as row_count
    from measures
    union all
    select
        treasury_rows.method,
        'treasury_months' as population,
        treasury_rows.source_row_number,
        1 as step_number,
        'treasuries_merged' as step,
        treasury_rows.reject_reason as reason,
        1 as row_count
    from treasury_rows
    union all
    select
        quotes.method,
        'cds_quotes' as population,
        null as source_row_number,
        1 as step_number,
        'cds_curves_cleaned' as step,
        nullif(quotes.reason, 'used') as reason,
        quotes.row_count
    from quotes

),

populations as (

    select
        outcomes.method,
        outcomes.population,
        sum(outcomes.row_count) as row_count,
        count(outcomes.source_row_number) - count(distinct outcomes.source_row_number) as rows_added
    from outcomes
    group by outcomes.method, outcomes.population

),

events as (

    select
        outcomes.method,
        outcomes.population,
        outcomes.step_number,
        outcomes.step,
        outcomes.reason,
        0 as rows_added,
        sum(outcomes.row_count) as rows_dropped
    from outcomes
    where outcomes.reason is not null
    group by outcomes.method, outcomes.population, outcomes.step_number, outcomes.step, outcomes.reason
    union all
    select
        populations.method,
        populations.population,
        if(populations.population = 'bond_months', 3, 1) as step_number,
        if(populations.population = 'bond_months', 'red_codes_mapped', 'treasuries_merged') as step,
        if(
            populations.population = 'bond_months',
            'issuer_has_several_red_codes',
            'issue_listed_several_times'
        ) as reason,
        populations.rows_added,
        0 as rows_dropped
    from populations
    where populations.rows_added > 0

),

chained as (

    select
        events.*,
        populations.row_count - populations.rows_added
        + sum(events.rows_added - events.rows_dropped) over chain as rows_out,
        row_number() over chain as line_number
    from events
    inner join populations
        on events.method = populations.method and events.population = populations.population
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
        chained.line_number,
        (chained.rows_out - chained.rows_added + chained.rows_dropped)::bigint as rows_in,
        chained.rows_out::bigint as rows_out,
        chained.rows_dropped::bigint as rows_dropped,
        chained.rows_added::bigint as rows_added
    from chained

)

select * from final
