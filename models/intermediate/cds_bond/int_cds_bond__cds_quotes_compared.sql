{{ config(
    materialized='table_by_year',
    date_relation='staging.stg_markit__cds_quotes',
    date_column='quote_date'
) }}
-- CDS quotes that are in another unit than the quotes beside them on the curve of their name and day.
-- Grain: one row per source_row_number.
-- A quote is out when it is other_unit_ratio times both of its neighbours, or that part of them: the next
-- shorter and the next longer quote, at an end of the curve the next two. With two quotes nothing says
-- which is right, so both are out; a single quote has nothing to be compared with.
-- Order of a curve: tenor, then spread, then line; all contracts of the name count.

with

quotes as (

    select
        staged.source_row_number,
        staged.red_code,
        staged.quote_date,
        tenors.tenor_years,
        staged.par_spread_dec
    from {{ ref('stg_markit__cds_quotes') }} as staged
    inner join {{ ref('cds_tenors') }} as tenors on staged.tenor_code = tenors.tenor_code
    where
        staged.red_code is not null
        and staged.par_spread_dec > 0
        and staged.par_spread_dec <= {{ var('max_par_spread_dec') }}
        and {{ in_year('staged.quote_date') }}

),

-- Few curves span such a ratio; only they are sorted.
wide_curves as (

    select
        red_code,
        quote_date
    from quotes
    group by red_code, quote_date
    having max(par_spread_dec) > {{ var('other_unit_ratio') }} * min(par_spread_dec)

),

beside as (

    select
        quotes.source_row_number,
        quotes.par_spread_dec,
        coalesce(
            lag(quotes.par_spread_dec) over along_curve, lead(quotes.par_spread_dec, 2) over along_curve
        ) as one_spread_dec,
        coalesce(
            lead(quotes.par_spread_dec) over along_curve, lag(quotes.par_spread_dec, 2) over along_curve
        ) as other_spread_dec
    from quotes
    inner join wide_curves
        on quotes.red_code = wide_curves.red_code and quotes.quote_date = wide_curves.quote_date
    window
        along_curve as (
            partition by quotes.red_code, quotes.quote_date
            order by quotes.tenor_years, quotes.par_spread_dec, quotes.source_row_number
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
