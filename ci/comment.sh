#!/usr/bin/env bash
# Writes a comment on a pull request, or brings the one that begins with the marker up to date.
#
#   comment.sh MARKER FILE, with PULL_REQUEST and GITHUB_REPOSITORY, and GH_TOKEN for gh
set -euo pipefail

export MARKER=$1
file=$2
issue="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"

# Only a comment of a machine's own: anybody can write one that begins so.
existing=$(gh api --paginate "$issue" \
    --jq '.[] | select(.user.type == "Bot") | select(.body | startswith(env.MARKER)) | .id' | sed -n 1p)
if [ -n "$existing" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$existing" --field "body=@$file" >/dev/null
else
    gh api --method POST "$issue" --field "body=@$file" >/dev/null
fi
