-- Case and padding of a code mean nothing, on either side; another code and none are not the code.

with

cases as (

    select *
    from (
        values
        ('SNRFOR', true), (' snrfor ', true), ('SNRFOR 1', false), ('SUBLT2', false), ('', false), (null, false)
    ) as cases (delivered, expected)

)

select cases.delivered
from cases
where
    {{ is_code('cases.delivered', ' SnrFor') }} is distinct from cases.expected
