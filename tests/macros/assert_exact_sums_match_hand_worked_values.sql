-- 0.1 + 0.2 + 0.3 is 0.6 and not 0.6000000000000001; 1e9 dollars cancel and leave the cent. Growth of 10 % and -50 %
-- is -45 %; -150 % and 100 % turn the sign to -200 %; after -100 % all is lost; no value has no sum.

with

amounts as (

    select *
    from (
        values
        (0.1, 1e9, 0.1), (0.2, 0.01, -0.5), (0.3, -1e9, null)
    ) as listed (rate_dec, amount_usd, return_dec)

),

losses as (

    select *
    from (values (-1.5, -1.0), (1.0, 0.3)) as listed (beyond_dec, whole_dec)

),

expected as (

    select *
    from (
        values ('sum', 0.6), ('cents', 0.01), ('mean', 0.2), ('return', -0.45), ('below zero', -2.0),
        ('zero', -1.0), ('filtered', 0.3), ('nothing', null)
    ) as listed (name, value)

),

measured as (

    select 'sum' as name, {{ exact_sum('rate_dec', 'dec') }} as value
    from amounts
    union all
    select 'cents' as name, {{ exact_sum('amount_usd', 'usd') }} as value
    from amounts
    union all
    select 'mean' as name, round({{ exact_mean('rate_dec', 'bps') }}, 14) as value
    from amounts
    union all
    select 'return' as name, round({{ compounded_return('return_dec') }}, 14) as value
    from amounts
    union all
    select 'below zero' as name, round({{ compounded_return('beyond_dec') }}, 14) as value
    from losses
    union all
    select 'zero' as name, {{ compounded_return('whole_dec') }} as value
    from losses
    union all
    select 'filtered' as name, {{ exact_sum('rate_dec', 'dec', where='amount_usd < 1') }} - 0.2 as value
    from amounts
    union all
    select 'nothing' as name, {{ exact_sum('rate_dec', 'dec', where='rate_dec > 9') }} as value
    from amounts

)

select measured.*
from measured
inner join expected on measured.name = expected.name
where measured.value is distinct from expected.value::double
