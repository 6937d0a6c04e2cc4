-- Tenors, entity codes, CUSIPs and shares as the trade writes them; the CUSIPs are of listed companies.

with

cases as (

    select *
    from (
        values
        ('tenor', '6M', '6M'), ('tenor', '0.5Y', '6M'), ('tenor', '12M', '1Y'), ('tenor', '60M', '5Y'),
        ('tenor', '5.0Y', '5Y'), ('tenor', '5Y', '5Y'), ('tenor', '18M', '18M'), ('tenor', 'SOON', 'SOON'),
        ('tenor', 'M', 'M'), ('tenor', null, null), ('tenor', '5', '5Y'), ('tenor', '5YR', '5Y'),
        ('tenor', '05Y', '5Y'), ('tenor', 'P5Y', '5Y'), ('tenor', 'P6M', '6M'), ('tenor', '10 YEARS', '10Y'),
        ('tenor', '60', '60'), ('tenor', '12.5', '12.5'), ('tenor', '1Y6M', '1Y6M'), ('tenor', '6 MONTHS', '6M'),
        ('index', 'CDX.NA.IG.41', 'CDX.NA.IG'), ('index', 'CDX_NA_HY S9', 'CDX_NA_HY'),
        ('index', 'CDX.NA.IG.S41.V2', 'CDX.NA.IG'), ('index', 'CDX_IG_5Y', 'CDX_IG_5Y'), ('index', null, null),
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
            when 'index' then {{ without_series('cases.delivered') }}
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
