-- The delivered discount curves of each day, nodes in lists, in the order of var ois_curves.
-- Grain: one row per curve_date and curve_name.
-- Tie-break: curves that the var does not name come after those it names, by name.

with

rates as (

    select * from {{ ref('int_rates__discount_rates_screened') }}
    where reject_reason is null

),

collected as (

    select
        curve_date,
        curve_name,
        list(node_years order by node_years, zero_rate_dec) as node_years,
        list(zero_rate_dec order by node_years) as zero_rates_dec
    from rates
    group by curve_date, curve_name

),

final as (

    select
        collected.curve_date,
        collected.curve_name,
        collected.node_years,
        collected.zero_rates_dec,
        rank() over (
            partition by collected.curve_date
            order by
                case collected.curve_name
                    {% for curve in var('ois_curves').upper().split() -%}
                        when '{{ curve }}' then {{ loop.index }}
                    {% endfor -%}
                    else 1000
                end,
                collected.curve_name
        ) as preference_number
    from collected

)

select * from final
