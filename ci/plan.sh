#!/usr/bin/env bash
# On a pull request: plan, save the plan, and keep one comment up to date, whatever the number of specs.
#
#   PLAN              where to save the plan (default: plan.json)
#   PULL_REQUEST      the number; empty: no comment
#   ALLOW_REMOVED     spec files that may go under REFUSE_WIDER, once what they made was destroyed: one per line
#   GITHUB_REPOSITORY owner/name
#   and those of lib.sh
# shellcheck source=ci/lib.sh
. "$(dirname "$0")/lib.sh"

plan=${PLAN:-plan.json}
marker="<!-- genesys-iam plan: $title -->"
comment=$work/comment.md

# Whether a file is one of the specs, or in one of their folders.
is_spec() {
    local name
    for name in "${names[@]}"; do
        # The specs of a folder are not those of folders in it.
        case "$1" in
        "${name%/}") return 0 ;;
        *.toml) if [ "${1%/*}" = "${name%/}" ]; then return 0; fi ;;
        esac
    done
    return 1
}

# What becomes of the specs' files in the pull request: those that it removes or moves elsewhere, and those whose account it changes, each
# with a sentence behind a tab. What such a spec made is read only as long as another of its account is.
left_behind() {
    local old new
    [ -n "${PULL_REQUEST:-}" ] || return 0
    # A slash begins no file's name: without a new one, there is still something to read.
    gh api --paginate "repos/$GITHUB_REPOSITORY/pulls/$PULL_REQUEST/files" --jq '.[]
        | if .status == "removed" then [.filename, "/"]
          elif .status == "renamed" then [.previous_filename, .filename] else empty end,
          # A renamed file can be an edited one, and of a large one GitHub shows no patch.
          if .status == "removed" or .status == "added" then empty
          elif (.patch // "" | test("(^|\n)-\\s*account_id\\s*=")) then [.filename, "/account"]
          elif .patch == null and .changes != null and .changes > 0 then [.filename, "/unseen"] else empty end
        | @tsv' |
        while IFS=$'\t' read -r old new; do
            # shellcheck disable=SC2016
            if is_spec "$old" && [ "$new" = /account ]; then
                printf '%s\tchanges the `account_id` of `%s`. If that is its AWS account, what that spec made in the former one stays, as open as before, unless it was destroyed; %s\n' \
                    "$old" "${old//\`/}" "once no spec is of that account no run looks there. Run \`genesys-iam destroy\` with the former file first."
            elif is_spec "$old" && [ "$new" = /unseen ]; then
                printf '%s\tchanges more of `%s` than GitHub shows: whether its `account_id` is another is not known.\n' "$old" "${old//\`/}"
            elif is_spec "$old" && ! is_spec "$new"; then
                printf '%s\tremoves `%s`. What that spec made stays, as open as before, unless it was destroyed; once no other spec is of its account %s\n' \
                    "$old" "${old//\`/}" "no run looks there. Run \`genesys-iam destroy\` with that file first."
            fi
        done
}

# Whether one of those files goes that nobody allowed to.
removed=false
if left=$(left_behind); then
    while IFS=$'\t' read -r file _; do
        if [ -n "$file" ] && ! grep -Fqx -- "$file" <<<"${ALLOW_REMOVED:-}"; then removed=true; fi
    done <<<"$left"
else
    left='' removed=unknown
fi

# Planned whenever the specs load: what blocks one is the first thing in its plan.
run "$work/plan.md" plan --format markdown --report "json=$report" --out "$plan" ${scope[@]+"${scope[@]}"} \
    ${selection[@]+"${selection[@]}"}
# What no run will look at any longer cannot be guarded afterwards.
case "${REFUSE_WIDER:-false}/$removed/$status" in
    false/* | /* | */false/* | */*/[1-9]*) ;;
    *)
        rm -f "$plan"
        status=3
        {
            echo "error: spec files are removed, or it is not known whether they are, and \`refuse-wider\` is given: the plan is not kept"
            echo "help: run \`genesys-iam destroy\` with each of them first, then name it in the action's input \`allow-removed\`"
        } | tee -a "$errors" >&2
        ;;
esac
{
    printf '%s\n' "$marker"
    heading plan
    while IFS=$'\t' read -r file line; do
        if [ -n "$file" ]; then printf '> [!CAUTION]\n> This pull request %s\n\n' "$line"; fi
    done <<<"$left"
    if [ "$removed" = unknown ]; then
        printf '> [!CAUTION]\n> Which files the pull request removes could not be read: what a removed spec made stays.\n\n'
    fi
    if [ -n "${PULL_REQUEST:-}" ]; then next='Merging applies'; else next='The next step applies'; fi
    if [ "$status" -eq 0 ]; then
        printf '**%s exactly this plan, or nothing if anything has changed since.**\n\n' "$next"
    else
        printf '**%s nothing: this plan is not kept.**\n' "$next"
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
output removed-specs "$removed"
output exit-code "$status"
if [ -n "${PULL_REQUEST:-}" ]; then
    "$(dirname "$0")/comment.sh" "$marker" "$comment"
fi
conclude
exit "$status"
