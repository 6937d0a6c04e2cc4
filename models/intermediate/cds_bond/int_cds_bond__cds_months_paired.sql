-- The last curve of each entity and month, beside that of the month before: what a month's contract is bought
-- and sold on. A default ends the month in the place of a curve.
-- Grain: one row per red_code and month_end_date.
-- Drops: months without an earlier curve, and curves on or after a default.

{% set parameters = [
    'beta0_dec', 'beta1_dec', 'beta2_dec', 'beta3_dec', 'tau1_years', 'tau2_years', 'node_years', 'zero_rates_dec',
] %}

with

curves as (

    select * from {{ ref('int_cds_bond__cds_curves_dated') }}

),

defaults as (

    select * from {{ ref('int_cds_bond__defaults_dated') }}

),

endings as (

    select
        curves.red_code,
        curves.quote_date as end_date,
        date_trunc('month', curves.quote_date)::date as month_start_date,
        null::varchar as default_source,
        null::double as default_recovery_share
    from curves
    left join defaults on curves.red_code = defaults.red_code
    where coalesce(last_day(curves.quote_date) < last_day(defaults.event_date), true)
    union all
    select
        red_code,
        event_date as end_date,
        date_trunc('month', event_date)::date as month_start_date,
        default_source,
        auction_recovery_share as default_recovery_share
    from defaults

),

final as (

    select
        endings.red_code,
        earlier.ticker,
        earlier.quote_date as start_date,
        endings.end_date,
        last_day(endings.end_date) as month_end_date,
        endings.default_source,
        if(
            endings.default_source is null,
            null,
            coalesce(endings.default_recovery_share, earlier.recovery_share)
        ) as default_recovery_share,
        earlier.recovery_share,
        case
            when
                date_diff('day', earlier.quote_date, endings.month_start_date) > case
                    when endings.default_source is null then {{ var('max_quote_gap_days') }}
                    else {{ var('max_default_gap_days') }}
                end
                then 'quote_gap'
            when
                endings.default_source is null
                and coalesce(replace(earlier.doc_clause, '14', ''), '')
                <> coalesce(replace(later.doc_clause, '14', ''), '')
                then 'clause_changed'
            else 'ok'
        end as pair_status,
        {% for tenor in cds_tenor_codes() -%}
            earlier.par_spread_{{ tenor | lower }}_dec as start_spread_{{ tenor | lower }}_dec,
            later.par_spread_{{ tenor | lower }}_dec as end_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        {% for side, curve in {'start': 'earlier', 'end': 'later'}.items() -%}
            {% for column in parameters -%}
                {{ curve }}.{{ column }} as {{ side }}_{{ column }},
            {% endfor -%}
        {% endfor -%}
        endings.month_start_date
    from endings
    asof inner join curves as earlier
        on endings.red_code = earlier.red_code and endings.month_start_date > earlier.quote_date
    left join curves as later
        on
            endings.red_code = later.red_code
            -- Not a condition of its own on one table: every row would be compared with every other.
            and if(endings.default_source is null, endings.end_date, null) = later.quote_date

)

select * from final
