#!/usr/bin/env bash
# Rehearses a step of the action on your own machine: against the sandbox, with a stand-in for gh. Nothing leaves the machine.
#
#   SPEC=specs rehearse.sh plan|apply|drift|check, with the variables of lib.sh
#
# What GitHub would get is then in .genesys-iam/rehearsal: plan.json, comment.md, summary.md, outputs, and gh.log, the calls for the
# comment.
set -euo pipefail

step=${1:-}
case "$step" in
    plan | apply | drift | check) ;;
    *)
        echo "usage: $0 plan|apply|drift|check" >&2
        exit 64
        ;;
esac
scripts=$(cd "$(dirname "$0")" && pwd)
mkdir -p .genesys-iam/rehearsal/bin
if [ ! -e .genesys-iam/.gitignore ]; then echo '*' >.genesys-iam/.gitignore; fi
kept=$PWD/.genesys-iam/rehearsal
export KEPT=$kept REAL=${GENESYS_IAM:-genesys-iam} PLAN=${PLAN:-.genesys-iam/rehearsal/plan.json}

cat >"$kept/bin/gh" <<'SCRIPT'
#!/usr/bin/env bash
# Answers that the comment is there once it was written, and what git knows of the base branch.
echo "gh ${*//$'\n'/ }" >>"$KEPT/gh.log"
case " $* " in
    *' .base.sha '*) git merge-base HEAD "${BASE:-main}" 2>/dev/null || git rev-parse --verify --quiet HEAD || echo none ;;
    */git/trees/none*) ;;
    */git/trees/*)
        base=${2##*/trees/} # of `gh api repos/…`
        git ls-tree -r "${base%%\?*}" | while IFS=$' \t' read -r _ _ blob path; do
            case "$path" in *.toml) printf '%s\t%s\n' "$path" "$blob" ;; esac
        done ;;
    */git/blobs/*) git cat-file blob "${!###*/}" ;;
    *' --paginate '*) if [ -e "$KEPT/comment.md" ]; then echo 1; fi ;;
    *' --method '*) for word in "$@"; do case $word in body=@*) cp "${word#body=@}" "$KEPT/comment.md" ;; esac; done ;;
esac
SCRIPT
cat >"$kept/bin/in-the-sandbox" <<'SCRIPT'
#!/usr/bin/env bash
exec "$REAL" --sandbox "$@"
SCRIPT
chmod +x "$kept/bin/gh" "$kept/bin/in-the-sandbox"
: >"$kept/outputs"
: >"$kept/summary.md"
: >"$kept/gh.log"

status=0
PATH=$kept/bin:$PATH GENESYS_IAM=$kept/bin/in-the-sandbox PULL_REQUEST=1 GITHUB_REPOSITORY=OWNER/REPOSITORY GITHUB_ACTIONS=true \
    GITHUB_OUTPUT=$kept/outputs GITHUB_STEP_SUMMARY=$kept/summary.md "$scripts/$step.sh" || status=$?
echo
sed 's/^/output: /' "$kept/outputs"
sed 's/^/call: /' "$kept/gh.log"
echo "exit status $status; the rest is in .genesys-iam/rehearsal"
exit "$status"
