-- Which sessions each split of an out-of-sample test trains on and tests: stretches in order of time.
-- Grain: one row per family_code, scheme, split_number and first_session_number.

with

listed as (

    select
        walked.family_code,
        walked.scheme,
        walked.split_number::integer as split_number,
        unnest(walked.segments) as segment
    from {{ ref('int_cdx_overlay__folds_walked') }} as walked

),

stretches as (

    select
        listed.* exclude (listed.segment),
        listed.segment.part,
        listed.segment.first_session_number,
        listed.segment.last_session_number,
        listed.segment.first_date,
        listed.segment.last_date
    from listed

),

final as (

    select
        stretches.family_code,
        stretches.scheme,
        stretches.split_number,
        stretches.first_session_number::integer as first_session_number,
        stretches.last_session_number::integer as last_session_number,
        stretches.part,
        stretches.first_date,
        stretches.last_date,
        (stretches.last_session_number - stretches.first_session_number + 1)::integer as session_count,
        case
            when stretches.part = 'train'
                then
                    stretches.first_session_number - 1
                    - max(stretches.last_session_number) filter (where stretches.part = 'test') over before
        end::integer as since_test_sessions,
        case
            when stretches.part = 'train'
                then
                    min(stretches.first_session_number) filter (where stretches.part = 'test') over after
                    - stretches.last_session_number - 1
        end::integer as until_test_sessions
    from stretches
    window
        before as (
            partition by stretches.family_code, stretches.scheme, stretches.split_number
            order by stretches.first_session_number
            rows between unbounded preceding and 1 preceding
        ),
        after as (
            partition by stretches.family_code, stretches.scheme, stretches.split_number
            order by stretches.first_session_number
            rows between 1 following and unbounded following
        )

)

select * from final
