#!/usr/bin/env bash
# By schedule: whether everything is as the specs say, and Genesys Cloud, and nobody else, can invoke the functions.
#
#   LEVEL             what must be proven: evaluated (default), observed, assumed or end-to-end
#   SINCE             how far back to look who used the roles (7d, 2026-11-01): after an incident that is settled, its end
#   and those of lib.sh
# shellcheck source=ci/lib.sh
. "$(dirname "$0")/lib.sh"

run "$work/check.md" check --require "${LEVEL:-evaluated}" --format markdown --report "json=$report" \
    ${since[@]+"${since[@]}"} ${selection[@]+"${selection[@]}"}
{
    heading check
    cat "$work/check.md"
    if [ "$status" -ne 0 ]; then failure 'The check'; fi
} >"$work/summary.md"

summary "$work/summary.md"
annotate
find_roles
output strangers "$(of_report '[.roles | list | .verdict.others | list] | length > 0')"
output exit-code "$status"
conclude
exit "$status"
