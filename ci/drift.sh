#!/usr/bin/env bash
# By schedule: whether everything is as the specs say (a plan), and whether Genesys Cloud, and nobody else, can invoke the
# functions (a check). Ends with what the check found, or else with what the plan did: 2 where something would change.
#
#   LEVEL             what must be proven: evaluated (default), observed, assumed or end-to-end
#   SINCE             how far back to look who used the roles (7d, 2026-11-01): after an incident that is settled, its end
#   and those of lib.sh
# shellcheck source=ci/lib.sh
. "$(dirname "$0")/lib.sh"

run "$work/plan.md" plan --detailed-exitcode --format markdown --report "json=$report" ${scope[@]+"${scope[@]}"} \
    ${selection[@]+"${selection[@]}"}
plan_status=$status
{
    heading drift
    cat "$work/plan.md"
    if [ "$status" -ne 0 ] && [ "$status" -ne 2 ]; then failure 'The plan'; fi
} >"$work/summary.md"
annotate
find_roles
output changed "$(of_report '.summary | (.create | count) + (.change | count) + (.remove | count) > 0')"
output wider "$(of_report '.summary.access_is_wider | truth')"

rm -f "$report"
run "$work/check.md" check --require "${LEVEL:-evaluated}" --format markdown --report "json=$report" \
    ${since[@]+"${since[@]}"} ${selection[@]+"${selection[@]}"}
{
    printf '\n'
    cat "$work/check.md"
    if [ "$status" -ne 0 ]; then failure 'The check'; fi
} >>"$work/summary.md"
annotate
find_roles
output strangers "$(of_report '[.roles | list | .verdict.others | list] | length > 0')"

summary "$work/summary.md"
if [ "$status" -eq 0 ]; then status=$plan_status; fi
output exit-code "$status"
conclude
exit "$status"
