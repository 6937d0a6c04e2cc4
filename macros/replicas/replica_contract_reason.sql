{% macro replica_contract_reason(quotes, delivered) -%}
    case
        when
            {{ delivered }}.has_country
            and coalesce({{ quotes }}.country, '') <> '{{ var('cds_country') }}'
            then 'other_country'
        when
            {{ delivered }}.has_currency
            and coalesce({{ quotes }}.currency, '') <> '{{ var('cds_currency') }}'
            then 'other_currency'
        when {{ delivered }}.has_tier and coalesce({{ quotes }}.tier, '') <> '{{ var('cds_tier') }}'
            then 'other_tier'
    end
{%- endmacro %}
