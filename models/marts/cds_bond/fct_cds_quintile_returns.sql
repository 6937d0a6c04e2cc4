-- What CDS of each credit quintile earned a year, linear and exact, and where the two differ.
-- Grain: one row per tenor_code and quintile_number.
-- Formula: mean of the portfolio's months x 12. The gap is linear - exact, the sum of its four parts: over
-- contracts that have both returns and no default, linear less exact at par, and exact at par less exact at a
-- coupon of 100 bps; the defaults; contracts with one return only.
-- Tenor all is the mean of the four portfolios of a month.

{% set is_common = "return_dec is not null and exact_return_dec is not null and default_source is null" %}

with

contracts as (

    select * from {{ ref('fct_cds_returns') }}
    where method = 'standard'

),

months as (

    select
        tenor_code,
        quintile_number,
        month_end_date,
        count(*) filter (where default_source is not null) as default_count,
        {{ exact_mean('return_dec', 'dec') }} as linear_dec,
        {{ exact_mean('exact_return_dec', 'dec') }} as exact_dec,
        {{ exact_mean('if(default_source is null, exact_return_dec, null)', 'dec') }} as surviving_dec,
        {{ exact_mean('if(' ~ is_common ~ ', return_dec, null)', 'dec') }} as common_linear_dec,
        {{ exact_mean('if(' ~ is_common ~ ', exact_return_dec, null)', 'dec') }} as common_exact_dec,
        {{ exact_mean('if(' ~ is_common ~ ', exact_par_return_dec, null)', 'dec') }} as common_par_dec,
        {{ exact_mean('exact_par_return_dec', 'dec') }} as par_dec
    from contracts
    group by tenor_code, quintile_number, month_end_date

),

final as (

    select
        coalesce(tenor_code, 'all') as tenor_code,
        quintile_number,
        count(distinct month_end_date) as month_count,
        sum(default_count)::bigint as default_count,
        12 * 10000 * {{ exact_mean('linear_dec', 'dec') }} as linear_return_bps,
        12 * 10000 * {{ exact_mean('par_dec', 'dec') }} as exact_par_return_bps,
        12 * 10000 * {{ exact_mean('exact_dec', 'dec') }} as exact_return_bps,
        12 * 10000 * {{ exact_mean('linear_dec - exact_dec', 'dec') }} as gap_bps,
        12 * 10000 * {{ exact_mean('common_linear_dec - common_par_dec', 'dec') }} as repricing_gap_bps,
        12 * 10000 * {{ exact_mean('common_par_dec - common_exact_dec', 'dec') }} as upfront_gap_bps,
        12 * 10000 * {{ exact_mean('surviving_dec - exact_dec', 'dec') }} as default_gap_bps,
        12 * 10000
        * {{ exact_mean('linear_dec - common_linear_dec - surviving_dec + common_exact_dec', 'dec') }}
            as sample_gap_bps
    from months
    where common_linear_dec is not null
    group by grouping sets ((tenor_code, quintile_number), (quintile_number))

)

select * from final
