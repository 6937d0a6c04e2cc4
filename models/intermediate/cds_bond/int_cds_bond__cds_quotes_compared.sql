-- CDS quotes in another unit than their neighbours on the curve of their name and day.
-- Grain: one row per source_row_number.
-- A quote is rejected when it is other_unit_ratio times both of its neighbours, or that fraction of both: the
-- next shorter and the next longer quote, at an end of the curve the next two. Of two quotes either may be
-- right, so both are rejected; a single quote has nothing to be compared with.
-- Order of a curve: tenor, then spread, then line; contracts of one tier, currency and clause are compared,
-- since subordinated debt may trade at twenty times senior.
-- Codes and tenors are cleaned on the few curves that are sorted, not on a market's quotes: two spellings of
-- a code are two curves here.

-- The quotes are read by name, not through a CTE: the engine copies a CTE that is read more than once.

{% set contract = 'quotes.tier, quotes.currency, quotes.doc_clause' %}
{% set comparable -%}
    quotes.red_code_as_delivered is not null
        and quotes.par_spread_dec > 0
        and quotes.par_spread_dec <= {{ var('max_par_spread_dec') }}
        and isfinite(quotes.quote_date)
{%- endset %}

with

-- Few curves span such a ratio; only they are sorted.
wide_curves as (

    select
        quotes.red_code_as_delivered,
        quotes.quote_date,
        {{ contract }}
    from {{ ref('stg_markit__cds_quotes') }} as quotes
    where
        {{ comparable }}
    group by quotes.red_code_as_delivered, quotes.quote_date, {{ contract }}
    having max(quotes.par_spread_dec) > {{ var('other_unit_ratio') }} * min(quotes.par_spread_dec)

),

on_wide_curves as (

    select
        quotes.source_row_number,
        quotes.red_code_as_delivered,
        quotes.quote_date,
        {{ contract }},
        quotes.par_spread_dec,
        tenors.tenor_years
    from {{ ref('stg_markit__cds_quotes') }} as quotes
    inner join wide_curves
        on
            quotes.red_code_as_delivered = wide_curves.red_code_as_delivered
            and quotes.quote_date = wide_curves.quote_date
            and quotes.tier is not distinct from wide_curves.tier
            and quotes.currency is not distinct from wide_curves.currency
            and quotes.doc_clause is not distinct from wide_curves.doc_clause
    inner join {{ ref('cds_tenors') }} as tenors
        on {{ code_value('quotes.tenor_as_delivered') }} = tenors.tenor_code
    where
        {{ comparable }}

),

beside as (

    select
        on_wide_curves.source_row_number,
        on_wide_curves.par_spread_dec,
        coalesce(
            lag(on_wide_curves.par_spread_dec) over along_curve,
            lead(on_wide_curves.par_spread_dec, 2) over along_curve
        ) as one_spread_dec,
        coalesce(
            lead(on_wide_curves.par_spread_dec) over along_curve,
            lag(on_wide_curves.par_spread_dec, 2) over along_curve
        ) as other_spread_dec
    from on_wide_curves
    window
        along_curve as (
            partition by
                on_wide_curves.red_code_as_delivered, on_wide_curves.quote_date,
                on_wide_curves.tier, on_wide_curves.currency, on_wide_curves.doc_clause
            order by
                on_wide_curves.tenor_years,
                on_wide_curves.par_spread_dec,
                on_wide_curves.source_row_number
        )

),

final as (

    select
        beside.source_row_number,
        beside.par_spread_dec
    from beside
    where
        coalesce({{ in_another_unit('beside.par_spread_dec', 'beside.one_spread_dec') }}, true)
        and coalesce({{ in_another_unit('beside.par_spread_dec', 'beside.other_spread_dec') }}, true)

)

select * from final
