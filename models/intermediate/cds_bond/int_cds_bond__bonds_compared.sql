-- Every delivered bond-month with its first fault, after a comparison with other lines.
-- Grain: one row per source_row_number.
-- Amount and bid-ask spread are compared with the bond's own past and month, lines of one key with each other.
-- Tie-break: of equal rows of one cusip and month the first of the file is kept; rows that differ are all
-- rejected.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_examined') }}

),

measured as (

    select
        bonds.*,
        if(
            count(*) over three_before > 1,
            bonds.amount_outstanding_usd / median(bonds.amount_outstanding_usd) over three_before,
            null
        ) as amount_to_earlier_ratio,
        bonds.amount_outstanding_usd / bonds.offering_amount_usd as amount_to_offered_ratio,
        median(if(bonds.bid_ask_share > 0, bonds.bid_ask_share, null)) over year_before
            as earlier_bid_ask_share,
        median(if(bonds.bid_ask_share > 0, bonds.bid_ask_share, null)) over month_so_far
            as usual_bid_ask_share
    from bonds
    window
        year_before as (
            partition by bonds.cusip, bonds.own_reason is null
            order by if(bonds.own_reason is null, bonds.observation_date, null)
            range between interval 1 year preceding and interval 1 day preceding
        ),
        three_before as (
            partition by bonds.cusip, bonds.own_reason is null
            order by bonds.observation_date, bonds.source_row_number
            rows between 3 preceding and 1 preceding
        ),
        month_so_far as (
            partition by bonds.month_end_date, bonds.own_reason is null
            order by bonds.observation_date
            range between unbounded preceding and current row
        )

),

-- A tender can shrink an amount by any part, but not to exactly a hundredth. Bid-ask spreads differ widely;
-- one in another unit than the bond's own past and its month costs the bond that figure, not the row.
compared as (

    select
        bonds.* replace (
            case
                when bonds.own_reason is not null then bonds.own_reason
                when
                    {{ is_hundredfold('bonds.amount_to_offered_ratio') }}
                    or (
                        {{ is_hundredfold('bonds.amount_to_earlier_ratio') }}
                        and not coalesce(bonds.amount_to_offered_ratio between 0.05 and 2, false)
                    )
                    then 'amount_outstanding_unit_suspect'
            end as own_reason,
            if(bonds.bid_ask_status = 'unit_suspect', null, bonds.bid_ask_share) as bid_ask_share
        )
    from (
        select
            measured.*,
            case
                when measured.bid_ask_share is null then 'not_delivered'
                when
                    measured.bid_ask_share > 0
                    and {{ in_another_unit('measured.bid_ask_share', 'measured.usual_bid_ask_share') }}
                    and coalesce(
                        {{ in_another_unit('measured.bid_ask_share', 'measured.earlier_bid_ask_share') }},
                        true
                    )
                    then 'unit_suspect'
                else 'ok'
            end as bid_ask_status
        from measured
    ) as bonds

),

final as (

    select
        bonds.* exclude (
            bonds.own_reason,
            bonds.offering_amount_usd,
            bonds.amount_to_earlier_ratio,
            bonds.amount_to_offered_ratio,
            bonds.earlier_bid_ask_share,
            bonds.usual_bid_ask_share,
            bonds.raw_row_json
        ),
        {{ first_fault([
            'price_pct_par', 'bond_yield_dec', 'maturity_date', 'amount_outstanding_usd',
            'rating_group', 'bid_ask_share', 'isin'
        ]) }} as fault_reason,
        if(fault_reason is null, null, bonds.raw_row_json) as raw_row_json
    from compared as bonds
    window {{ key_windows(['cusip', 'month_end_date']) }}

)

select * from final
