#!/usr/bin/env bash
# After the merge: carry out the saved plan, and only that.
#
#   PLAN              the saved plan (default: plan.json)
#   and those of lib.sh
# shellcheck source=ci/lib.sh
. "$(dirname "$0")/lib.sh"

run "$work/apply.md" apply "${PLAN:-plan.json}" --format markdown --report "json=$report" ${scope[@]+"${scope[@]}"}
{
    heading apply
    cat "$work/apply.md"
    if [ "$status" -ne 0 ]; then failure 'The run'; fi
} >"$work/summary.md"

summary "$work/summary.md"
annotate
find_roles
output changed "$(of_report '(.summary.done | count) > 0')"
output exit-code "$status"
conclude
exit "$status"
