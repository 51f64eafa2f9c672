#!/usr/bin/env bash
# On a pull request: validate, plan, save the plan, and keep one comment up to date.
#
#   GENESYS_IAM       the binary (default: genesys-iam)
#   SPEC              the spec file (default: genesys.toml)
#   PLAN              where to save the plan (default: plan.json)
#   PULL_REQUEST      the number; empty: no comment
#   GITHUB_REPOSITORY owner/name
#   REFUSE_WIDER      true: fail when access is widened
#   ADOPT, PRUNE      true: take over what the spec did not make, remove what was taken out of it
set -euo pipefail

binary=${GENESYS_IAM:-genesys-iam}
spec=${SPEC:-genesys.toml}
plan=${PLAN:-plan.json}
marker="<!-- genesys-iam plan: $spec -->"
comment=$(mktemp)
trap 'rm -f "$comment"' EXIT

# A comment has room for 65,536 characters, and the plan takes up to 60,000 of them.
quoted() {
    sed 's/```/` ` `/g' | head -c 4000
}

flags=()
case "${REFUSE_WIDER:-false}" in
    true) flags+=(--refuse-wider) ;;
    strangers) flags+=(--refuse-wider=strangers) ;;
esac
if [ "${ADOPT:-false}" = true ]; then
    flags+=(--adopt)
fi
if [ "${PRUNE:-false}" = true ]; then
    flags+=(--prune)
fi

status=0
{
    printf '%s\n' "$marker"
    if errors=$("$binary" --file "$spec" validate 2>&1); then
        "$binary" --file "$spec" plan --format markdown --out "$plan" "${flags[@]}" 2>"$comment.err" || status=$?
        if [ "$status" -ne 0 ]; then
            printf '\n**The plan ended with exit status %s:**\n\n```\n%s\n```\n' "$status" "$(quoted <"$comment.err")"
        fi
        cat "$comment.err" >&2
        rm -f "$comment.err"
    else
        status=1
        printf '**The spec has faults:**\n\n```\n%s\n```\n' "$(quoted <<<"$errors")"
        printf '%s\n' "$errors" >&2
    fi
} >"$comment"

cat "$comment" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
if [ -n "${PULL_REQUEST:-}" ]; then
    "$(dirname "$0")/comment.sh" "$marker" "$comment"
fi
exit "$status"
