#!/usr/bin/env bash
# Prints the notes of a release: the changelog's section of that version.
#
#   notes.sh VERSION
set -euo pipefail

cd "$(dirname "$0")/.."
notes=$(awk -v heading="## [$1] - " 'index($0, "## [") == 1 { on = index($0, heading) == 1; next } on' CHANGELOG.md)
if [ -z "${notes//[[:space:]]/}" ]; then
    echo "CHANGELOG.md has nothing about $1" >&2
    exit 1
fi
# `$(…)` removed the blank lines at its end; those in front remain.
printf '%s\n' "$notes" | sed '/./,$!d'
