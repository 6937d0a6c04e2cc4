-- Rows in = rows out + what all reasons of the step dropped, for every step that can lose or multiply rows.
-- Grain: one row per method, step and reason.
-- Each line of a step repeats the step's rows in and rows out; its reasons stand side by side.
-- Within a population the rows out of a step, and what the next one's join adds, are the next one's rows in.
-- Populations: bond_months ends at the rows of fct_bond_basis; one population per measure starts there.

with

traced as (

    select
        'standard' as method,
        *
    from {{ ref('int_accounting__bond_months_traced') }}
    {{ stack_replicas('bond_months_traced') }}

),

treasuries as (

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
        reject_reason,
        row_count
    from {{ ref('int_accounting__rows_counted') }}
    where source_name = 'cds_final' and not is_withheld
    {{ stack_replicas('cds_quotes_counted') }}

),

outcomes as (

    select
        method,
        'bond_months' as population,
        step_number,
        {{ attrition_step_name('step_number') }} as step,
        reason,
        0 as rows_added,
        count(*) as row_count
    from traced
    group by method, step_number, reason
    union all
    select
        method,
        'bond_months' as population,
        3 as step_number,
        'red_codes_mapped' as step,
        'issuer_has_several_red_codes' as reason,
        count(*) - count(distinct source_row_number) as rows_added,
        0 as row_count
    from traced
    group by method
    union all
    select
        method,
        measure as population,
        1 as step_number,
        measure || '_measured' as step,
        if(measure_status = 'ok', 'kept', measure_status) as reason,
        0 as rows_added,
        count(*) as row_count
    from {{ ref('fct_bond_measures') }}
    group by method, measure, measure_status
    union all
    select
        method,
        'treasury_months' as population,
        1 as step_number,
        'treasuries_merged' as step,
        coalesce(reject_reason, 'kept') as reason,
        0 as rows_added,
        count(*) as row_count
    from treasuries
    group by method, reject_reason
    union all
    select
        method,
        'treasury_months' as population,
        1 as step_number,
        'treasuries_merged' as step,
        'issue_listed_several_times' as reason,
        count(*) - count(distinct source_row_number) as rows_added,
        0 as row_count
    from treasuries
    group by method
    union all
    select
        method,
        'cds_quotes' as population,
        1 as step_number,
        'cds_curves_cleaned' as step,
        reject_reason as reason,
        0 as rows_added,
        row_count
    from quotes

),

lines as (

    select
        outcomes.*,
        sum(outcomes.row_count - outcomes.rows_added) over whole_population as delivered_count
    from outcomes
    window whole_population as (partition by outcomes.method, outcomes.population)
    qualify outcomes.reason <> 'kept' and outcomes.rows_added + outcomes.row_count > 0

),

stepped as (

    select
        lines.*,
        row_number() over (
            partition by lines.method, lines.population
            order by lines.step_number asc, lines.rows_added desc, lines.reason asc
        ) as line_number,
        lines.delivered_count
        + coalesce(sum(lines.rows_added - lines.row_count) over earlier_steps, 0)
        + sum(lines.rows_added) over same_step as rows_in,
        sum(lines.row_count) over same_step as step_dropped_count
    from lines
    window
        earlier_steps as (
            partition by lines.method, lines.population
            order by lines.step_number
            range between unbounded preceding and 1 preceding
        ),
        same_step as (partition by lines.method, lines.population, lines.step_number)

),

final as (

    select
        method,
        step,
        reason,
        population,
        line_number,
        rows_in::bigint as rows_in,
        (rows_in - step_dropped_count)::bigint as rows_out,
        row_count::bigint as rows_dropped,
        rows_added::bigint as rows_added
    from stepped

)

select * from final
