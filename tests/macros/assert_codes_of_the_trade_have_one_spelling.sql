-- Tenors, entity codes, CUSIPs and shares as the trade writes them; the CUSIPs are of listed companies.

with

cases as (

    select *
    from (
        values
        ('tenor', '6M', '6M'), ('tenor', '0.5Y', '6M'), ('tenor', '12M', '1Y'), ('tenor', '60M', '5Y'),
        ('tenor', '5.0Y', '5Y'), ('tenor', '5Y', '5Y'), ('tenor', '18M', '18M'), ('tenor', 'SOON', 'SOON'),
        ('tenor', 'M', 'M'), ('tenor', null, null),
        ('entity', '2I65BRAC9', '2I65BR'), ('entity', '2I65BR', '2I65BR'), ('entity', null, null),
        ('cusip', '03783310', '037833100'), ('cusip', '17275R10', '17275R102'), ('cusip', '68389X10', '68389X105'),
        ('cusip', '037833100', '037833100'), ('cusip', '0378331', '0378331'), ('cusip', null, null),
        ('cusip digit', '037833100', '0'), ('cusip digit', '594918104', '4'), ('cusip digit', '38259P508', '8'),
        ('isin digit', 'US0378331005', '5'), ('isin digit', 'GB0002634946', '6'), ('isin digit', 'US38259P5089', '9'),
        ('share', '0.4', '0.4'), ('share', '40', '0.4'), ('share', '40%', '0.4'), ('share', '1', '1.0'),
        ('share', 'none', null), ('share', '400', '400.0')
    ) as cases (kind, delivered, expected)

),

found as (

    select
        cases.*,
        case cases.kind
            when 'tenor' then {{ tenor_spelling('cases.delivered') }}
            when 'entity' then {{ entity_code('cases.delivered') }}
            when 'cusip' then {{ whole_cusip('cases.delivered') }}
            when 'cusip digit' then {{ cusip_check_digit('cases.delivered') }}
            when 'isin digit' then {{ luhn_check_digit(isin_digits('cases.delivered')) }}
            when 'share' then ({{ share_value('cases.delivered') }})::varchar
        end as spelling
    from cases

)

select * from found
where spelling is distinct from expected
