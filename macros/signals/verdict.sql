{% macro verdict(tests) %}
{#- Outcome of each group of tests, of all of them, and the sentence: aggregates over the tests of one thing. -#}
{%- set groups = ['statistical', 'economic', 'robust', 'honest'] -%}
{%- set outcomes = "['fail', 'hold', 'pass']" -%}
{%- set place = "list_position(" ~ outcomes ~ ", " ~ tests ~ ".outcome)" -%}
{%- set order = "list_position(" ~ groups ~ ", " ~ tests ~ ".test_group), " ~ tests ~ ".test_code" -%}
{%- set of_groups = [] -%}
{%- for group in groups -%}
    {%- do of_groups.append(
        "coalesce(min(" ~ place ~ ") filter (where " ~ tests ~ ".test_group = '" ~ group ~ "'), 2)"
    ) -%}
    {{ outcomes }}[{{ of_groups[-1] }}] as {{ group }}_outcome,
    {% endfor -%}
{%- set worst = outcomes ~ "[least(" ~ of_groups | join(', ') ~ ")]" -%}
    {{ worst }} as verdict,
    {{ worst }} || ': ' || coalesce(
        case {{ worst }}
            {% for outcome in ['fail', 'hold', 'pass'] -%}
                when '{{ outcome }}'
                    then string_agg({{ tests }}.reason, '; ' order by {{ order }}) filter (where {{ tests }}.outcome = '{{ outcome }}')
            {% endfor %}
        end,
        'a group has no tests'
    ) as sentence
{%- endmacro %}
