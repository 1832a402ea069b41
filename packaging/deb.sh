#!/usr/bin/env bash
# Builds the Debian package, and says where it is.
# Usage: packaging/deb.sh [--profile dist|release|dev] [--check]
#   --profile dev builds quickly, to try the package; dist, the default, builds what is shipped
#   --check       installs the package, tries what it installed, and removes it again (as root)
set -euo pipefail
cd "$(dirname "$0")/.."
profile=dist check=no
while [ $# -gt 0 ]; do
  case $1 in
    --profile) profile=${2:?--profile needs a name}; shift 2 ;;
    --check) check=yes; shift ;;
    *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
  esac
done
if ! cargo deb --version >/dev/null 2>&1; then
  echo "cargo-deb is missing: cargo install cargo-deb --locked" >&2
  exit 2
fi

target=$(cargo metadata --format-version 1 --no-deps --locked | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
folder=$profile
[ "$profile" = dev ] && folder=debug
cargo build --profile "$profile" --locked --bin guestwire
# The assets in Cargo.toml name these two places; cargo-deb looks for the first in the profile's own folder.
packaging/generate.sh "$target/$folder/guestwire" target/package-files
deb=$(cargo deb --no-build --profile "$profile" --locked --quiet)
echo "$deb"
[ "$check" = yes ] || exit 0

version=$("$target/$folder/guestwire" --version)
dpkg --install "$deb"
trap 'dpkg --purge guestwire >/dev/null' EXIT
[ "$(/usr/bin/guestwire --version)" = "$version" ]
case $version in *"(commit "*) ;; *) echo "no commit in: $version" >&2; exit 1 ;; esac
man --warnings --local-file "$(dpkg -L guestwire | grep '/guestwire\.1\.gz$')" | grep -q 'guestwire-send'
bash -c 'source /usr/share/bash-completion/completions/guestwire && complete -p guestwire' >/dev/null
for file in zsh/vendor-completions/_guestwire fish/vendor_completions.d/guestwire.fish \
            guestwire/completions/guestwire.ps1 guestwire/completions/guestwire.elv; do
  [ -s "/usr/share/$file" ] || { echo "missing: /usr/share/$file" >&2; exit 1; }
done
command -v zsh >/dev/null && zsh -n /usr/share/zsh/vendor-completions/_guestwire
command -v fish >/dev/null && fish --no-execute /usr/share/fish/vendor_completions.d/guestwire.fish
example=$(dpkg -L guestwire | grep 'examples/config.*\.toml')
env -i PATH=/usr/bin:/bin GUESTWIRE_CLIENT_SECRET=x GUESTWIRE_WEBHOOK_SECRET=y guestwire --config "$example" config show >/dev/null
echo "checked: $version"
