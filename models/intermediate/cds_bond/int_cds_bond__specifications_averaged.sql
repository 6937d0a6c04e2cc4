{{ config(
    materialized='table_by_year',
    date_relation='cds_bond.fct_bond_measures',
    date_column='month_end_date'
) }}
-- The average basis of each month by every choice of measure, CDS spread, bonds, quotes and weights.
-- Grain: one row per method, measure, interpolation, rating_group and month_end_date.
-- Columns: weighting, bond_filter and alignment; see basis_choices.
-- rating_group ALL pools the bonds of both groups.
-- Drops: bonds rated neither IG nor HY, and bonds whose measure has a status other than ok.

{% set choices = basis_choices() %}

with

measures as (

    select
        measures.method,
        measures.measure,
        measures.month_end_date,
        measures.rating_group,
        measures.fr_dec,
        measures.amount_outstanding_usd,
        bonds.cds_par_spread_dec,
        bonds.cds_spline_dec,
        bonds.cds_hazard_dec,
        {% for bond_filter, kept in choices.bond_filter.items() -%}
            {% for alignment, aligned in choices.alignment.items() -%}
                coalesce({{ kept }} and {{ aligned }}, false) as is_{{ bond_filter }}_{{ alignment }}
                {{- ',' if not loop.last }}
            {% endfor -%}
            {{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_bond_measures') }} as measures
    inner join {{ ref('fct_bond_basis') }} as bonds
        on
            measures.method = bonds.method
            and measures.cusip = bonds.cusip
            and measures.red_code = bonds.red_code
            and measures.month_end_date = bonds.month_end_date
            and measures.duplicate_number = bonds.duplicate_number
    where
        measures.measure_status = 'ok'
        and measures.measure <> 'ois_less_treasury'
        and measures.rating_group in ('IG', 'HY')
        and {{ in_year('measures.month_end_date') }}
        and {{ in_year('bonds.month_end_date') }}

),

interpolated as (

    select
        measures.*,
        unnest([
            {'interpolation': 'of_record', 'cds_dec': measures.cds_par_spread_dec},
            {'interpolation': 'spline', 'cds_dec': measures.cds_spline_dec},
            {'interpolation': 'hazards', 'cds_dec': measures.cds_hazard_dec}
        ], recursive := true)
    from measures

),

chosen as (

    select
        interpolated.*,
        {% for bond_filter in choices.bond_filter -%}
            {% for alignment in choices.alignment -%}
                if(
                    interpolated.is_{{ bond_filter }}_{{ alignment }},
                    (interpolated.cds_dec - interpolated.fr_dec) * 10000,
                    null
                ) as {{ bond_filter }}_{{ alignment }}_bps
                {{- ',' if not loop.last }}
            {% endfor -%}
            {{ ',' if not loop.last }}
        {%- endfor %}
    from interpolated
    where interpolated.cds_dec is not null

),

final as (

    select
        chosen.method,
        chosen.measure,
        chosen.interpolation,
        coalesce(chosen.rating_group, 'ALL') as rating_group,
        chosen.month_end_date,
        {% for bond_filter in choices.bond_filter -%}
            {% for alignment in choices.alignment -%}
                {% set bps = 'chosen.%s_%s_bps' % (bond_filter, alignment) -%}
                {{ exact_mean(bps, 'bps') }} as equal_{{ bond_filter }}_{{ alignment }}_bps,
                {{ exact_sum(bps ~ ' * chosen.amount_outstanding_usd', 'usd') }} / nullif(
                    {{ exact_sum('chosen.amount_outstanding_usd', 'usd', bps ~ ' is not null') }}, 0
                ) as amount_{{ bond_filter }}_{{ alignment }}_bps,
                median({{ bps }}) as median_{{ bond_filter }}_{{ alignment }}_bps
                {{- ',' if not loop.last }}
            {% endfor -%}
            {{ ',' if not loop.last }}
        {%- endfor %}
    from chosen
    group by grouping sets (
        (chosen.method, chosen.measure, chosen.interpolation, chosen.month_end_date, chosen.rating_group),
        (chosen.method, chosen.measure, chosen.interpolation, chosen.month_end_date)
    )

)

select * from final
