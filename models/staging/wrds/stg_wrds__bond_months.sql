-- Corporate bonds at month end as delivered, one row per line; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    {{ whole_cusip(code_value('source.cusip')) }} as cusip,
    {{ code_value('source.isin') }} as isin,
    {{ cusip_check_digit('upper(trim(source.cusip))') }} as cusip_check_digit,
    {{ luhn_check_digit('source.isin_digits') }} as isin_check_digit,
    source.cusip as cusip_as_delivered,
    source.isin as isin_as_delivered,
    source.company_symbol as ticker,
    try_cast(source.date as date) as observation_date,
    try_cast(source.maturity as date) as maturity_date,
    try_cast(source.offering_date as date) as offering_date,
    try_cast(source.nextcoup as date) as next_coupon_date,
    {{ number_value('source.amount_outstanding') }} * 1000 as amount_outstanding_usd,
    {{ number_value('source.offering_amt') }} * 1000 as offering_amount_usd,
    {{ number_value('source.yield', may_be_percent=true) }} as bond_yield_dec,
    {{ number_value('source.price_eom') }} as price_pct_par,
    try_cast(source.t_date as date) as trade_date,
    -- Treat an infinite or absurd spread, a million times the price, as missing; keep the row.
    if(
        abs({{ number_value('source.t_spread', may_be_percent=true) }}) < 1e6,
        {{ number_value('source.t_spread', may_be_percent=true) }},
        null
    ) as bid_ask_share,
    {{ number_value('source.coupon') }} / 100 as coupon_dec,
    {{ number_value('source.ncoups') }} as coupons_per_year_count,
    {{ number_value('source.coupacc') }} as accrued_interest_pct_par,
    {{ number_value('source.principal_amt') }} as face_value_usd,
    {{ number_value('source.conv') }} <> 0 as is_convertible,
    {{ flag_value('source.defaulted') }} as is_defaulted,
    {{ code_value('source.bond_type') }} as bond_type,
    try_cast(source.dated_date as date) as dated_date,
    try_cast(source.first_interest_date as date) as first_coupon_date,
    try_cast(source.last_interest_date as date) as last_coupon_date,
    source.day_count_basis,
    source.issue_id::varchar as issue_code,
    source.security_level,
    trim(source.rating_class::varchar) as rating_label,
    source.row_fault,
    {{ raw_row([
        'cusip', 'isin', 'company_symbol', 'date', 'maturity', 'offering_date',
        'amount_outstanding', 'yield', 'rating_class', 'price_eom', 't_spread', 'coupon',
        'conv', 'security_level', 'principal_amt',
    ], dates=['date', 'maturity', 'offering_date']) }} as raw_row_json
from (
    select *, {{ isin_digits('upper(trim(isin))') }} as isin_digits from {{ source('wrds', 'wrds_bond') }}
) as source
