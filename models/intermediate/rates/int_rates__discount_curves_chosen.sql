-- The curve on which standard bonds and CDS are discounted, by parameters of its zero yields or its nodes.
-- Grain: one row per curve_date.
-- fed: the published Treasury curve, every zero yield moved by discount_spread_dec. flat: one rate on every
-- day that has bonds or CDS, as parameters without slope or hump. Any other name: that curve of
-- discount_curves, log-linear between its nodes, beside the parameters of the Treasury curve of its day,
-- which stay behind Treasury yields; an undelivered name stops the build. The replicas never read this.

{% set name = var('discount_curve').strip().upper() %}
{% set parameters = ['beta0_dec', 'beta1_dec', 'beta2_dec', 'beta3_dec', 'tau1_years', 'tau2_years'] %}
{% set is_recent = recent_curve_date('published.curve_date', 'delivered.curve_date') ~ ' is not null' %}

with

published as (

    select
        curve_date,
        beta0_dec + {{ var('discount_spread_dec') }}::double as beta0_dec,
        beta1_dec,
        beta2_dec,
        beta3_dec,
        tau1_years,
        tau2_years
    from {{ ref('int_rates__zero_curves_cleaned') }}

),

days as (

    select observation_date as curve_date
    from {{ ref('stg_wrds__bond_months') }}
    union
    select quote_date as curve_date
    from {{ ref('stg_markit__cds_quotes') }}

),

flat as (

    select
        days.curve_date,
        {{ var('discount_rate_dec') }}::double as beta0_dec,
        0.0::double as beta1_dec,
        0.0::double as beta2_dec,
        0.0::double as beta3_dec,
        1.0::double as tau1_years,
        1.0::double as tau2_years
    from days
    where isfinite(days.curve_date)

),

delivered as (

    select * from {{ ref('int_rates__ois_curves_ranked') }}

),

chosen as (

    select
        *,
        null::double[] as node_years,
        null::double[] as zero_rates_dec
    from published
    where '{{ name }}' = 'FED'
    union all
    select
        *,
        null::double[] as node_years,
        null::double[] as zero_rates_dec
    from flat
    where '{{ name }}' = 'FLAT'
    union all
    select
        delivered.curve_date,
        {% for parameter in parameters -%}
            if({{ is_recent }}, published.{{ parameter }}, null) as {{ parameter }},
        {% endfor -%}
        delivered.node_years,
        delivered.zero_rates_dec
    from delivered
    asof left join published on delivered.curve_date >= published.curve_date
    where delivered.curve_name = '{{ name }}'
    {%- if name not in ('FED', 'FLAT') %}
        union all
        select
            error(
                'var discount_curve must be fed, flat or a curve of discount_curves; it was {{ name }}, and '
                || 'the file has '
                || coalesce(
                    string_agg(distinct delivered.curve_name, ', ' order by delivered.curve_name), 'none'
                )
                || '; correct the var or deliver the curve'
            )::date as curve_date,
            {% for parameter in parameters -%}
                null as {{ parameter }},
            {% endfor -%}
            null as node_years,
            null as zero_rates_dec
        from delivered
        having
            count(*) filter (where delivered.curve_name = '{{ name }}') = 0
            and (select count(*) from days) > 0
    {%- endif %}

),

final as (

    select
        chosen.curve_date,
        '{{ name | lower }}' as curve_name,
        chosen.beta0_dec,
        chosen.beta1_dec,
        chosen.beta2_dec,
        chosen.beta3_dec,
        chosen.tau1_years,
        chosen.tau2_years,
        chosen.node_years,
        chosen.zero_rates_dec
    from chosen

)

select * from final
