-- Monthly returns of the twenty CDS portfolios, credit quintile by tenor.
-- Grain: one row per method, portfolio_code and month_end_date.
-- Sign: positive = the seller of protection gains; ftsfr_cds_returns mixes both sides and is nobody's gain.
-- Formula: mean of the month's returns of the portfolio's contracts, defaults included in the exact one.

with

contracts as (

    select * from {{ ref('fct_cds_returns') }}
    where method = 'standard'

),

means as (

    select
        tenor_code,
        quintile_number,
        month_end_date,
        count(return_dec) as contract_count,
        {{ exact_mean('return_dec', 'dec') }} as return_dec,
        count(exact_return_dec) as exact_contract_count,
        count(*) filter (where default_source is not null) as default_count,
        {{ exact_mean('exact_return_dec', 'dec') }} as exact_return_dec,
        {{ exact_mean('exact_par_return_dec', 'dec') }} as exact_par_return_dec
    from contracts
    group by tenor_code, quintile_number, month_end_date

),

final as (

    select
        'standard' as method,
        means.tenor_code || '_Q' || means.quintile_number as portfolio_code,
        means.month_end_date,
        means.tenor_code,
        means.quintile_number,
        means.contract_count,
        means.return_dec,
        null::double as scaled_return_dec,
        if(means.return_dec is null, 'no_contract_with_return', 'ok') as return_status,
        means.exact_contract_count,
        means.default_count,
        means.exact_return_dec,
        means.exact_par_return_dec,
        if(means.exact_return_dec is null, 'no_contract_with_return', 'ok') as exact_status
    from means
    {{ stack_replicas('cds_portfolio_returns') }}

)

select * from final
