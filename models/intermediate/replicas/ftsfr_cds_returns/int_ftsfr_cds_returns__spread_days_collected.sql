-- Spreads of single contracts and of quintile portfolios by day, with the five-year hazard of each.
-- Grain: one row per series_kind, series_code, tenor_code and quote_date.
-- A portfolio's spread is the mean over the names of its quintile quoted that day.
-- Hazard of a contract: that of the name's own five-year spread of the day, else the mean of its quintile.
-- Hazard of a portfolio: that of the quintile's five-year spread with the same day number, whatever its
-- date; null if the quintile has fewer five-year days.

with

-- The contracts are read by name, not through a CTE: the engine copies a CTE that is read more than once.
portfolios as (

    select
        quintile_number,
        tenor_code,
        quote_date,
        {{ exact_mean('par_spread_dec', 'dec') }} as par_spread_dec
    from {{ ref('int_ftsfr_cds_returns__contracts_selected') }}
    group by quintile_number, tenor_code, quote_date

),

five_year as (

    select
        ticker,
        quote_date,
        quintile_number,
        -- HKM: quarterly premium, loss of 60 %.
        4 * ln(1 + par_spread_dec / (4 * 0.6)) as hazard_dec
    from {{ ref('int_ftsfr_cds_returns__contracts_selected') }}
    where tenor_code = '5Y'

),

of_quintile as (

    select
        quote_date,
        quintile_number,
        {{ exact_mean('hazard_dec', 'dec') }} as hazard_dec
    from five_year
    group by quote_date, quintile_number

),

numbered as (

    select
        portfolios.*,
        row_number() over in_date_order as day_number,
        count(*) over whole_portfolio as day_count
    from portfolios
    window
        in_date_order as (
            partition by portfolios.quintile_number, portfolios.tenor_code
            order by portfolios.quote_date
        ),
        whole_portfolio as (partition by portfolios.quintile_number, portfolios.tenor_code)

),

final as (

    select
        'contract' as series_kind,
        contracts.ticker as series_code,
        contracts.tenor_code,
        contracts.quote_date,
        contracts.quintile_number,
        contracts.par_spread_dec,
        coalesce(five_year.hazard_dec, of_quintile.hazard_dec) as five_year_hazard_dec
    from {{ ref('int_ftsfr_cds_returns__contracts_selected') }} as contracts
    left join five_year
        on contracts.ticker = five_year.ticker and contracts.quote_date = five_year.quote_date
    left join of_quintile
        on
            contracts.quote_date = of_quintile.quote_date
            and contracts.quintile_number = of_quintile.quintile_number
    union all
    select
        'portfolio' as series_kind,
        'Q' || numbered.quintile_number as series_code,
        numbered.tenor_code,
        numbered.quote_date,
        numbered.quintile_number,
        numbered.par_spread_dec,
        4 * ln(1 + five_year_portfolio.par_spread_dec / (4 * 0.6)) as five_year_hazard_dec
    from numbered
    left join numbered as five_year_portfolio
        on
            numbered.quintile_number = five_year_portfolio.quintile_number
            and five_year_portfolio.tenor_code = '5Y'
            and numbered.day_number = five_year_portfolio.day_number
            and numbered.day_count <= five_year_portfolio.day_count

)

select * from final
