-- Spreads of single contracts and of quintile portfolios by day, with the five-year spread their hazard
-- comes from.
-- Grain: one row per series_kind, series_code, tenor_code and quote_date.
-- A portfolio's spread is the mean over the names of its quintile quoted that day.
-- Hazard: that of the name's own five-year spread of the day, else the mean hazard of its quintile.

with

contracts as (

    select * from {{ ref('int_cds_bond__cds_contracts_selected') }}

),

portfolios as (

    select
        quintile_number,
        tenor_code,
        quote_date,
        avg(par_spread_dec order by ticker) as par_spread_dec
    from contracts
    group by quintile_number, tenor_code, quote_date

),

stacked as (

    select
        'contract' as series_kind,
        ticker as series_code,
        tenor_code,
        quote_date,
        quintile_number,
        par_spread_dec
    from contracts
    union all
    select
        'portfolio' as series_kind,
        'Q' || quintile_number as series_code,
        tenor_code,
        quote_date,
        quintile_number,
        par_spread_dec
    from portfolios

),

five_year as (

    select
        series_kind,
        series_code,
        quote_date,
        quintile_number,
        -- HKM: quarterly premium, loss of 60 %.
        4 * ln(1 + par_spread_dec / (4 * 0.6)) as hazard_dec
    from stacked
    where tenor_code = '5Y'

),

of_quintile as (

    select
        quote_date,
        quintile_number,
        avg(hazard_dec order by series_code) as hazard_dec
    from five_year
    where series_kind = 'contract'
    group by quote_date, quintile_number

),

final as (

    select
        stacked.series_kind,
        stacked.series_code,
        stacked.tenor_code,
        stacked.quote_date,
        stacked.quintile_number,
        tenors.tenor_years,
        stacked.par_spread_dec,
        coalesce(five_year.hazard_dec, of_quintile.hazard_dec) as five_year_hazard_dec
    from stacked
    inner join {{ ref('cds_tenors') }} as tenors on stacked.tenor_code = tenors.tenor_code
    left join five_year
        on
            stacked.series_kind = five_year.series_kind
            and stacked.series_code = five_year.series_code
            and stacked.quote_date = five_year.quote_date
    left join of_quintile
        on
            stacked.quote_date = of_quintile.quote_date
            and stacked.quintile_number = of_quintile.quintile_number

)

select * from final
