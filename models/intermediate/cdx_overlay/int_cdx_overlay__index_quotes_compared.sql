-- How many delivered prices of an index are not those of the spread beside them, and what it looks like.
-- Grain: one row per reason.
-- The reason is the code of the instrument.
-- Drops: instruments that never come with both.

with

compared as (

    select
        quotes.instrument_code,
        converted.price_difference_pct_par,
        converted.swapped_difference_pct_par,
        converted.other_coupon_difference_pct_par
    from {{ ref('int_cdx_overlay__index_quotes_matched') }} as quotes
    inner join {{ ref('int_cdx_overlay__index_quotes_converted') }} as converted
        on
            quotes.data_set = converted.data_set
            and quotes.source_row_number = converted.source_row_number
    where quotes.data_set = 'desk' and converted.price_difference_pct_par is not null

),

counted as (

    select
        compared.instrument_code,
        count_if(abs(compared.price_difference_pct_par) > {{ var('max_price_difference_pct_par') }})
            as lost_count,
        count(*) as total_count,
        median(compared.price_difference_pct_par) as median_difference_pct_par,
        median(abs(compared.swapped_difference_pct_par)) as swapped_difference_pct_par,
        median(abs(compared.other_coupon_difference_pct_par)) as other_coupon_difference_pct_par
    from compared
    group by compared.instrument_code

),

final as (

    select
        'quotes_disagree' as check_code,
        'cdx' as source_name,
        counted.instrument_code as reason,
        counted.lost_count,
        counted.total_count,
        format(
            '{} {}: the delivered price less that of the spread beside it is {:.2f} per 100 in '
            'the median, allowed are {} (max_price_difference_pct_par); {}',
            split_part(instruments.vendor_names, ';', 1), instruments.tenor_code,
            counted.median_difference_pct_par,
            {{ var('max_price_difference_pct_par') }},
            case
                when counted.swapped_difference_pct_par <= {{ var('max_price_difference_pct_par') }}
                    then 'the columns spread and price look swapped'
                when counted.other_coupon_difference_pct_par <= {{ var('max_price_difference_pct_par') }}
                    then 'coupon_bps of instruments.csv looks wrong, the other standard coupon fits'
                else 'the two look like quotes of different series, tenors or days'
            end
        ) as cause,
        counted.lost_count >= bounds.min_lost_count
        and counted.lost_count > bounds.max_lost_share * counted.total_count as is_systematic
    from counted
    inner join {{ ref('instruments') }} as instruments
        on counted.instrument_code = instruments.instrument_code
    inner join {{ ref('loss_bounds') }} as bounds
        on
            bounds.check_code = 'quotes_disagree'
            and bounds.source_name in ('cdx', '*')
            and bounds.reason in (counted.instrument_code, '*')
    -- The bound that judged_losses takes.
    qualify
        row_number() over (
            partition by counted.instrument_code
            order by bounds.source_name <> '*' desc, bounds.reason <> '*' desc
        ) = 1

)

select * from final
