# shellcheck shell=bash
# What the action's scripts have in common. Sourced, with these variables:
#
#   GENESYS_IAM       the binary (default: genesys-iam)
#   SPEC              the specs: a file or folder per line (default: genesys.toml)
#   REFUSE_WIDER      true: fail when access is widened; strangers: only when somebody unknown gains; limits: also when a limit ends
#   ALLOW_ACCEPT      what the specs accept and REFUSE_WIDER lets pass, as the refusal prints it: ACCOUNT/ROLE@DIGEST
#   ADOPT, PRUNE      true: take over what the specs did not make, remove what was taken out of them
#   OTHER_SPEC        specs that are kept somewhere else, by name: one per line
#   ROLE, ACCOUNT     only these roles and accounts: one per line (default: all); not for apply, where the plan says it
#   EXCEPT            not these roles: one per line; not for apply either
#   SINCE             for check and drift, how far back to look who used the roles
#   ASSUME_ROLE       the role to assume in each spec's account, whatever the spec says
#   ALLOW_ENV         variables that a spec may read although their names say that they may hold credentials
#   HEAD_SHA          the commit that is reported, where GITHUB_SHA is another, as on a pull request
#   GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, GITHUB_ACTIONS as GitHub sets them; without them the parts for GitHub are left out
set -euo pipefail

binary=${GENESYS_IAM:-genesys-iam}
if [ -n "${HEAD_SHA:-}" ]; then export GITHUB_SHA=$HEAD_SHA; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
report=$work/report.json
errors=$work/errors.txt
: >"$errors"

specs=()
names=()
while read -r name; do
    # A list in YAML may be commented.
    if [ -n "$name" ] && [ "${name#\#}" = "$name" ]; then
        specs+=(--file "$name")
        names+=("$name")
    fi
done <<<"${SPEC:-genesys.toml}"
title=${names[*]}

# A guard that is misspelt must not be taken for one that is off.
wrong() {
    echo "::error::$1 is not $2" >&2
    exit 64
}

scope=()
case "${ADOPT:-false}" in
    true) scope+=(--adopt) ;;
    false | '') ;;
    *) wrong adopt 'true or false' ;;
esac
case "${PRUNE:-false}" in
    true) scope+=(--prune) ;;
    false | '') ;;
    *) wrong prune 'true or false' ;;
esac
case "${REFUSE_WIDER:-false}" in
    true | any) scope+=(--refuse-wider) ;;
    strangers | limits) scope+=("--refuse-wider=$REFUSE_WIDER") ;;
    false | '') ;;
    *) wrong refuse-wider 'true, false, strangers or limits' ;;
esac
case "${REFUSE_WIDER:-false}" in
    false | '') ;;
    *) for known in ${ALLOW_ACCEPT:-}; do scope+=(--allow-accept "$known"); done ;;
esac
while read -r name; do
    if [ -n "$name" ]; then scope+=(--other-spec "$name"); fi
done <<<"${OTHER_SPEC:-}"
selection=()
while read -r name; do
    if [ -n "$name" ]; then selection+=(--role "$name"); fi
done <<<"${ROLE:-}"
while read -r name; do
    if [ -n "$name" ]; then selection+=(--except "$name"); fi
done <<<"${EXCEPT:-}"
while read -r name; do
    if [ -n "$name" ]; then selection+=(--account "$name"); fi
done <<<"${ACCOUNT:-}"
# shellcheck disable=SC2034  # of check.sh and drift.sh
since=()
# shellcheck disable=SC2034
if [ -n "${SINCE:-}" ]; then since=(--since "$SINCE"); fi
# Here, and not in `env:`: an empty variable is not one that is missing.
if [ -n "${ASSUME_ROLE:-}" ]; then export GENESYS_IAM_ASSUME_ROLE=$ASSUME_ROLE; fi
allowed=()
for name in ${ALLOW_ENV:-}; do allowed+=(--allow-env "$name"); done

# Runs genesys-iam: its report to a file, its messages to the log as they come and to another file. Leaves `status`.
run() {
    local page=$1
    shift
    status=0
    { "$binary" "${specs[@]}" ${allowed[@]+"${allowed[@]}"} "$@" 2>&1 >&3 | tee "$errors" >&2; } 3>"$page" || status=$?
}

# The title of a report, and when it was made; genesys-iam adds commit and run.
heading() {
    # shellcheck disable=SC2016
    printf '## genesys-iam %s: `%s`\n\n' "$1" "${title//\`/}"
    printf '%s\n\n' "$(date -u '+%Y-%m-%d %H:%M UTC')"
    if [ "${#selection[@]}" -gt 0 ]; then
        # shellcheck disable=SC2016
        printf 'Only what is selected: `%s`\n\n' "$(printf '%s ' "${selection[@]//\`/}" | sed 's/ $//')"
    fi
}

# Why it failed. A comment has room for 65,536 characters; a report takes up to 60,000 of them.
failure() {
    # shellcheck disable=SC2016
    printf '\n**%s ended with exit status %s:**\n\n```\n%s\n```\n' "$1" "$status" \
        "$(sed 's/```/` ` `/g' "$errors" | head -c 4000 | iconv -f utf-8 -t utf-8 -c)"
}

summary() {
    cat "$1" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

output() {
    printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# Prints what a jq program makes of the report: true, false, or unknown where there is no report, a spec failed, or a
# member is missing or not what it should be. What is read of a report goes through these.
types='
    def truth: if type == "boolean" then . else error("no boolean") end;
    def count: if type == "number" then . else error("no number") end;
    def list: if type == "array" then .[] else error("no array") end;
    def party: if IN("genesys", "own_account", "unknown", "everybody") then . else error("no party") end;'
of_report() {
    local value=unknown
    if [ -s "$report" ] && command -v jq >/dev/null; then
        value=$(jq --raw-output "$types
            [if has(\"specs\") then .specs | list else {member: .} end
                | if has(\"error\") then null else (.member // .plan // .report // .apply | try ($1 | truth) catch null) end]
            | if any(. == true) then true elif length == 0 or any(. == null) then \"unknown\" else false end" "$report") || value=unknown
    fi
    printf '%s' "$value"
}

# Annotations on the lines of the specs: what is wrong with the files, and what the report says is wrong with a role, at
# the line of the role. No text of a spec can begin a line, so none can pass as a workflow command.
annotate() {
    if [ -z "${GITHUB_ACTIONS:-}" ] || ! command -v jq >/dev/null; then return; fi
    "$binary" "${specs[@]}" ${allowed[@]+"${allowed[@]}"} validate --json >"$work/validation.json" 2>/dev/null || true
    if [ ! -s "$report" ]; then echo '{}' >"$report.none"; fi
    # What `validate` only warns of, since it needs no secret, is what keeps the others from reading the spec.
    local failed=false
    if [ "$status" -eq 1 ]; then failed=true; fi
    jq --raw-output --null-input --argjson failed "$failed" \
        --slurpfile validation "$work/validation.json" \
        --slurpfile report "$(if [ -s "$report" ]; then echo "$report"; else echo "$report.none"; fi)" '
        def data: gsub("%"; "%25") | gsub("\r"; "%0D") | gsub("\n"; "%0A");
        def property: data | gsub(":"; "%3A") | gsub(","; "%2C");
        def line(kind; file; at; text):
            "::\(kind) file=\(file | property),line=\(at),title=genesys-iam::\(text | data)";
        def is_unset: $failed and (.message | test("^the environment variable `.*` is not set$"));
        def is_fatal: .severity == "error" or is_unset;
        $validation[0].specs as $specs
        | ($specs[] | .file as $file
            | (.diagnostics // [])[]
            | line(if .severity == "warning" and (is_unset | not) then "warning" else "error" end; $file; .line;
                .message + (if .help then "\nhelp: " + .help else "" end))),
          ($report[0] | if has("specs") then .specs[] elif . == {} then empty else {file: $specs[0].file, plan: ., report: ., apply: .} end
            | .file as $file
            | ($specs[] | select(.file == $file) | .lines // {}) as $lines
            | ((.plan.roles // [])[] | .role as $role | (.blockers // [])[]
                | line("error"; $file; $lines[$role] // 1; "role \($role): \(.)")),
              ((.report.roles // [])[] | .role as $role | (.diagnosis // [])[]
                | line("error"; $file; $lines[$role] // 1; "role \($role): \(.what)\nso: \(.consequence)\ndo: \(.remedy)")),
              ((.apply.check.roles // [])[] | .role as $role | (.diagnosis // [])[]
                | line("error"; $file; $lines[$role] // 1; "role \($role): \(.what)\nso: \(.consequence)\ndo: \(.remedy)")),
              ((.apply.changes // [])[] | select(.outcome == "failed" or .outcome == "not_known")
                | line("error"; $file; $lines[.role] // 1;
                    "role \(.role): \(.operation) \(.subject): \(.error // .outcome)")),
              # The faults of a file have lines of their own.
              (([$specs[] | select(.file == $file) | (.diagnostics // [])[] | is_fatal] | any) as $is_told
                | (.error // .apply.error? // empty) | select($is_told | not) | line("error"; $file; 1; .message)))' || true
}

# What the log ends with where all is not well: a line for each role that differs, is blocked, has a fault or is not proven.
# Kept until `conclude`, as what the steps log comes in between.
findings=$work/findings.txt
: >"$findings"
find_roles() {
    if [ ! -s "$report" ] || ! command -v jq >/dev/null; then return; fi
    jq --raw-output --arg file "${names[0]:-}" '
        def flat: tostring | gsub("[\\r\\n]+"; " ");
        def say(kind; file; what): "\(kind): \(file | flat): \(what | flat)";
        def effects: ([.changes[].effect] | [("create", "change", "remove") as $kind
            | (map(select(. == $kind)) | length) as $n | select($n > 0) | "\($n) to \($kind)"] | join(", "))
            + " (" + ([.changes[].operation] | unique | join(", ")) + ")";
        def policies: .policies | join(", ");
        if has("specs") then .specs[] else {$file, plan: ., report: ., apply: .} end
        | .file as $file
        | ((.plan.roles // [])[] | select((.changes // []) | length > 0) | say("differs"; $file; "role \(.role): \(effects)")),
          ((.plan.roles // [])[] | .role as $role | (.blockers // [])[] | say("blocked"; $file; "role \($role): \(.)")),
          ((.plan.summary.foreign_permissions? // [])[]
            | say("differs"; $file; "role \(.role) has permissions that the spec does not make: \(policies)")),
          ((.plan.summary.left_over? // [])[] | say("left over"; $file; .)),
          ((.apply.changes? // [])[] | select(.outcome == "failed" or .outcome == "not_known")
            | say("failed"; $file; "role \(.role): \(.operation) \(.subject): \(.error // .outcome)")),
          ((.report.roles // .apply.check.roles? // [])[] | .role as $role
            | (.diagnosis // [])[] | say("fault"; $file; "role \($role): \(.what)")),
          ((.report.roles // .apply.check.roles? // [])[] | select(.verdict.sign? == "unknown" and (.diagnosis | length == 0))
            | say("not proven"; $file; "role \(.role): \(.verdict.headline)")),
          ((.error // .apply.error? // empty) | say("failed"; $file; .message | split("\n")[0]))' \
        "$report" >>"$findings" || true
}
conclude() {
    if [ "$status" -ne 0 ]; then cat "$findings" >&2; fi
}
