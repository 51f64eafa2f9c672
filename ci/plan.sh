#!/usr/bin/env bash
# On a pull request: plan, save the plan, and keep one comment up to date, whatever the number of specs.
#
#   PLAN              where to save the plan (default: plan.json)
#   PULL_REQUEST      the number; empty: no comment
#   GITHUB_REPOSITORY owner/name
#   and those of lib.sh
# shellcheck source=ci/lib.sh
. "$(dirname "$0")/lib.sh"

plan=${PLAN:-plan.json}
marker="<!-- genesys-iam plan: $title -->"
comment=$work/comment.md

# The pull request's removed files that are named by the specs. What such a spec made is read only as long as another of its account is.
removed() {
    local file name
    [ -n "${PULL_REQUEST:-}" ] || return 0
    # shellcheck disable=SC2016
    gh api --paginate "repos/$GITHUB_REPOSITORY/pulls/$PULL_REQUEST/files" --jq '.[] | select(.status == "removed") | .filename' |
        while read -r file; do
            for name in "${names[@]}"; do
                case "$file" in "${name%/}" | "${name%/}"/*.toml) printf '%s\n' "$file" && break ;; esac
            done
        done
}

# Planned whenever the specs load: what blocks one is the first thing in its plan.
run "$work/plan.md" plan --format markdown --report "json=$report" --out "$plan" ${scope[@]+"${scope[@]}"} \
    ${selection[@]+"${selection[@]}"}
{
    printf '%s\n' "$marker"
    heading plan
    if gone=$(removed); then
        while read -r file; do
            if [ -z "$file" ]; then continue; fi
            # shellcheck disable=SC2016
            printf '> [!CAUTION]\n> This pull request removes `%s`. What that spec made stays, as open as before, and once no other spec is of its account %s\n\n' \
                "${file//\`/}" 'no run looks there. Run `genesys-iam destroy` with that file first.'
        done <<<"$gone"
    else
        printf '> [!CAUTION]\n> Which files the pull request removes could not be read: what a removed spec made stays.\n\n'
    fi
    if [ "$status" -eq 0 ]; then
        printf '**Merging applies exactly this plan, or nothing if anything has changed since.**\n\n'
    else
        printf '**Merging applies nothing: this plan is not kept.**\n'
        failure 'The plan'
        printf '\n'
    fi
    cat "$work/plan.md"
} >"$comment"

summary "$comment"
annotate
find_roles
output changed "$(of_report '.summary | (.create | count) + (.change | count) + (.remove | count) > 0')"
output wider "$(of_report '.summary.access_is_wider | truth')"
output strangers "$(of_report '([.summary.gains | list | .party | party] | any(. == "unknown" or . == "everybody")) or ([(.summary.keeps, .summary.stays_open) | list] | length > 0) or (if has("taken_out_unknown") then .taken_out_unknown != null else error("no member") end)')"
output exit-code "$status"
if [ -n "${PULL_REQUEST:-}" ]; then
    "$(dirname "$0")/comment.sh" "$marker" "$comment"
fi
conclude
exit "$status"
