-- A spline goes through its quotes, and the example is the curve under most bonds; a grid that misses a tenor, a curve
-- of another day or a lost bond would show here.

with

drawn as (

    select * from {{ ref('rpt_cds_curve_drawn') }}

),

most as (

    select count(*) as bond_count
    from {{ ref('fct_bond_basis') }}
    where method = 'standard'
    group by red_code, cds_quote_date
    order by bond_count desc
    limit 1

)

select 'quote ' || quotes.maturity_years as fault
from drawn as quotes
left join drawn as spline
    on spline.kind = 'spline' and quotes.maturity_years = spline.maturity_years
where
    quotes.kind = 'quote'
    and not coalesce(abs(quotes.cds_par_spread_bps - spline.cds_par_spread_bps) < 1e-6, false)
union all
select 'bonds' as fault
from most
where most.bond_count <> (select count(*) from drawn where drawn.kind = 'bond')
