#!/usr/bin/env bash
# Deploys things.
set -euo pipefail

readonly MAX_RETRIES=3
export TARGET="prod"
COLOR=red

# Retries a command.
# Usage: retry cmd
function retry {
  local n=0
  until "$@"; do n=$((n+1)); done
}

log() { echo "$1" >&2; }

function deploy::run() {
  log hi
}
alias ll='ls -l'
declare -A MAP=([a]=b)
if true; then
  inner() { :; }
fi
