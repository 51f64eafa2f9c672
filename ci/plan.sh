#!/usr/bin/env bash
# On a pull request: plan, save the plan, and keep one comment up to date.
#
#   GENESYS_IAM       the binary (default: genesys-iam)
#   SPEC              the spec file (default: genesys.toml)
#   PLAN              where to save the plan (default: plan.json)
#   PULL_REQUEST      the number; empty: no comment
#   GITHUB_REPOSITORY owner/name
#   REFUSE_WIDER      true: fail when access is widened; strangers: only when somebody unknown gains
#   ADOPT, PRUNE      true: take over what the spec did not make, remove what was taken out of it
#   ALLOW_ENV         variables that a spec may read although their names say that they may hold credentials
set -euo pipefail

binary=${GENESYS_IAM:-genesys-iam}
spec=${SPEC:-genesys.toml}
plan=${PLAN:-plan.json}
marker="<!-- genesys-iam plan: $spec -->"
comment=$(mktemp)
errors=$(mktemp)
trap 'rm -f "$comment" "$errors"' EXIT

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

for name in ${ALLOW_ENV:-}; do
    flags+=(--allow-env "$name")
done

# Planned whenever the spec loads: what blocks it is the first thing in the plan.
status=0
{
    printf '%s\n' "$marker"
    "$binary" --file "$spec" plan --format markdown --out "$plan" "${flags[@]}" 2>"$errors" || status=$?
    if [ "$status" -ne 0 ]; then
        printf '\n**The plan ended with exit status %s:**\n\n```\n%s\n```\n' "$status" "$(quoted <"$errors")"
    fi
    cat "$errors" >&2
} >"$comment"

cat "$comment" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
if [ -n "${PULL_REQUEST:-}" ]; then
    "$(dirname "$0")/comment.sh" "$marker" "$comment"
fi
exit "$status"
