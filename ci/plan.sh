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
        name=${name#./}
        # The specs of a folder are not those of folders in it.
        case "$1" in
        "${name%/}") return 0 ;;
        */*.toml) if [ "${1%/*}" = "${name%/}" ]; then return 0; fi ;;
        # The folder of all of it.
        *.toml) if [ -z "$name" ] || [ "$name" = . ]; then return 0; fi ;;
        esac
    done
    return 1
}

# What the specs of the base branch are about, and those here: an account, its roles, as JSON.
describe() {
    "$binary" ${allowed[@]+"${allowed[@]}"} "$@" validate --json 2>/dev/null || true
}

# What becomes of the specs of the base branch: those whose roles are in no spec any longer, and those that are of another account now,
# each with a sentence behind a tab. What such a spec made is read only as long as another of its account is. Compared are the
# files themselves: a list of changes can be cut short, and a patch can be written so that it looks harmless.
left_behind() {
    local base entries path blob before after
    [ -n "${PULL_REQUEST:-}" ] || return 0
    command -v jq >/dev/null || return 1
    base=$(gh api "repos/$GITHUB_REPOSITORY/pulls/$PULL_REQUEST" --jq .base.sha) || return 1
    entries=$(gh api "repos/$GITHUB_REPOSITORY/git/trees/$base?recursive=1" --jq 'if .truncated then error("cut short") else .tree[]
        | select(.type == "blob" and (.path | endswith(".toml"))) | [.path, .sha] | @tsv end') || return 1
    describe "${specs[@]}" >"$work/specs.json"
    mkdir -p "$work/base"
    while IFS=$'\t' read -r path blob; do
        if [ -z "$path" ] || ! is_spec "$path"; then continue; fi
        if [ -f "$path" ] && [ "$(git hash-object -- "$path" 2>/dev/null)" = "$blob" ]; then continue; fi
        gh api -H 'Accept: application/vnd.github.raw+json' "repos/$GITHUB_REPOSITORY/git/blobs/$blob" >"$work/base/${path##*/}" || return 1
        before=$(describe --file "$work/base/${path##*/}" | jq --compact-output '.specs[0] // {}') || return 1
        after=$(jq --raw-output --arg path "$path" --argjson is_here "$([ -f "$path" ] && echo true || echo false)" \
            --argjson before "${before:-null}" '
            def name: gsub("[`\\n\\t]"; "");
            (.specs // []) as $specs | $before.account_id as $account
            | ([$specs[] | select(.account_id == $account) | (.roles // [])[]] | unique) as $kept
            | if $is_here then
                ([$specs[] | select(.file == $path or (.file | endswith("/" + $path)))][0].account_id) as $now
                | if $account == null or $now == null then "changes `\($path | name)`: whether it is of another AWS account now is not known."
                  elif $account != $now then "changes the `account_id` of `\($path | name)` from \($account) to \($now). What that spec made in the former account stays, as open as before, unless it was destroyed; once no spec is of that account no run looks there. Run `genesys-iam destroy` with the former file first."
                  else empty end
              else (if $before.roles == null then null else $before.roles - $kept end) as $left
                | if $left == [] then empty
                  else "removes `\($path | name)`. What that spec made stays, as open as before, unless it was destroyed"
                    + (if $left == null then "" else ": \(if ($left | length) == 1 then "role" else "roles" end) \([$left[] | "`\(name)`"] | join(", "))" end)
                    + "; once no other spec is of its account no run looks there. Run `genesys-iam destroy` with that file first." end
              end' "$work/specs.json") || return 1
        if [ -n "$after" ]; then printf '%s\t%s\n' "$path" "$after"; fi
    done <<<"$entries"
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

# What no run will look at any longer cannot be guarded afterwards.
case "${REFUSE_WIDER:-false}/$removed" in
    false/* | /* | */false) out=(--out "$plan") ;;
    *) out=() ;;
esac
# Planned whenever the specs load: what blocks one is the first thing in its plan.
run "$work/plan.md" plan --format markdown --report "json=$report" ${out[@]+"${out[@]}"} ${scope[@]+"${scope[@]}"} \
    ${selection[@]+"${selection[@]}"}
if [ "${#out[@]}" -eq 0 ]; then
    rm -f "$plan"
    if [ "$status" -eq 0 ]; then
        status=3
        {
            echo "error: specs are removed or moved, or it is not known whether they are, and \`refuse-wider\` is given: the plan is not kept"
            echo "help: run \`genesys-iam destroy\` with each of them first, then name it in the action's input \`allow-removed\`"
        } | tee -a "$errors" >&2
    fi
fi
{
    printf '%s\n' "$marker"
    heading plan
    while IFS=$'\t' read -r file line; do
        if [ -n "$file" ]; then printf '> [!CAUTION]\n> This pull request %s\n\n' "$line"; fi
    done <<<"$left"
    if [ "$removed" = unknown ]; then
        printf '> [!CAUTION]\n> Which specs the pull request removes could not be read: what a removed spec made stays.\n\n'
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
