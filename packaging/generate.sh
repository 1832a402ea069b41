#!/usr/bin/env bash
# Writes what goes into packages beside the binary: manual pages and completions, printed by the binary itself.
# Usage: packaging/generate.sh BINARY DIRECTORY
set -euo pipefail
[ $# = 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
binary=$(realpath "$1")
rm -rf "$2"
mkdir -p "$2/man" "$2/completions"
cd "$2"

"$binary" man > man/guestwire.1
commands=$("$binary" completions fish | sed -nE 's/.*__fish_guestwire_needs_command" -f -a "([a-z]+)".*/\1/p' | grep -v '^help$')
[ -n "$commands" ] || { echo "the completions name no command" >&2; exit 1; }
for command in $commands; do
  "$binary" man "$command" > "man/guestwire-$command.1"
done

"$binary" completions bash > completions/guestwire.bash
"$binary" completions zsh > completions/_guestwire
"$binary" completions fish > completions/guestwire.fish
"$binary" completions powershell > completions/guestwire.ps1
"$binary" completions elvish > completions/guestwire.elv
