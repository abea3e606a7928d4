#!/bin/sh
# Installs epads, its manual pages and the completions of three shells; --help says how.
set -eu

usage() {
  cat <<'END'
usage: Packaging/install.sh [--uninstall] [PREFIX]

Installs the program, its manual pages and the completions of bash, zsh and fish under PREFIX, by default ~/.local.
Builds in release what is not built yet. With DESTDIR in the environment files go to DESTDIR and PREFIX, as packages
need it. A file that is there already and that this script has not installed is not replaced: nothing is installed then.
PREFIX/share/epads/installed lists what is from here; --uninstall removes that.
END
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

uninstall=false
prefix=
for argument in "$@"; do
  case $argument in
    --uninstall) uninstall=true ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      usage >&2
      exit 2
      ;;
    *)
      if [ -n "$prefix" ]; then
        usage >&2
        exit 2
      fi
      prefix=$argument
      ;;
  esac
done
[ -n "$prefix" ] || prefix=${HOME:?there is no HOME: name a folder}/.local
case $prefix in
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac
root=${DESTDIR:-}$prefix
list=$root/share/epads/installed

# A line of the list is the checksum and the size of a file, and its path below PREFIX; of a folder, 'folder' and its path.
is_own() {
  [ -f "$list" ] || return 1
  sum=$(cksum <"$root/$1")
  grep -qxF "$sum $1" "$list"
}

if $uninstall; then
  [ -f "$list" ] || fail "nothing is installed in $root: there is no $list"
  kept=
  while read -r sum size path; do
    [ "$sum" != folder ] || continue
    [ -e "$root/$path" ] || [ -h "$root/$path" ] || continue
    if [ "$(cksum <"$root/$path")" = "$sum $size" ]; then
      rm -f "$root/$path"
      printf 'removed %s\n' "$root/$path"
    else
      kept=yes
      printf 'kept %s: it was changed\n' "$root/$path"
    fi
  done <"$list"
  folders=$(sed -n 's/^folder //p' "$list" | sort -r)
  rm -f "$list"
  # Folders that were made here go when nothing else is in them.
  printf '%s\n' "$folders" | while read -r folder; do
    [ -z "$folder" ] || rmdir "$root/$folder" 2>/dev/null || :
  done
  [ -z "$kept" ] || exit 1
  exit 0
fi

here=$(cd "$(dirname "$0")/.." && pwd)
command -v swift >/dev/null || fail "there is no swift on the PATH: https://www.swift.org/install"
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

# Builds only what has changed.
printf 'building\n'
(cd "$here" && swift build -c release --product epads) >"$staging/log" 2>&1 || {
  cat "$staging/log" >&2
  fail "the build failed"
}
program=$(cd "$here" && swift build -c release --show-bin-path)/epads

printf 'writing manual pages and completions\n'
manual=$here/.build/plugins/GenerateManual/outputs/epads
rm -rf "$manual"
date=$(sed -n 's/^## \[.*\] - \([0-9-]*\)$/\1/p' "$here/CHANGELOG.md" | head -n 1)
# The plugin writes into .build alone. Its sandbox would be one more thing that has to be there.
(cd "$here" && swift package --disable-sandbox generate-manual --multi-page --date "$date" \
  --authors "The epads authors") >"$staging/log" 2>&1 || {
  cat "$staging/log" >&2
  fail "swift package generate-manual failed"
}
[ -f "$manual/epads.1" ] || fail "swift package generate-manual wrote no $manual/epads.1"

mkdir -p "$staging/files"
cd "$staging/files"
mkdir -p bin share/man/man1 share/bash-completion/completions share/zsh/site-functions share/fish/vendor_completions.d
cp "$program" bin/epads
cp "$manual"/epads*.1 share/man/man1/
"$program" --generate-completion-script bash >share/bash-completion/completions/epads
"$program" --generate-completion-script zsh >share/zsh/site-functions/_epads
"$program" --generate-completion-script fish >share/fish/vendor_completions.d/epads.fish
find . -type f | sed 's|^\./||' | sort >"$staging/new"

while read -r path; do
  target=$root/$path
  [ -e "$target" ] || [ -h "$target" ] || continue
  [ -f "$target" ] || fail "$target is there already and is no file: nothing was installed"
  cmp -s "$path" "$target" || is_own "$path" ||
    fail "$target is there already and not from here: nothing was installed"
done <"$staging/new"

# The folders on the way to a file, outermost first.
folders_of() {
  dirname "$1" | awk -F/ '{ path = ""; for (i = 1; i <= NF; i++) { path = path (i > 1 ? "/" : "") $i; print path } }'
}

: >"$staging/list"
[ ! -f "$list" ] || grep '^folder ' "$list" >>"$staging/list" || :
{ cat "$staging/new" && echo share/epads/installed; } | while read -r path; do folders_of "$path"; done | sort -u |
  while read -r folder; do
    [ -d "$root/$folder" ] || printf 'folder %s\n' "$folder" >>"$staging/list"
  done

while read -r path; do
  mkdir -p "$root/$(dirname "$path")"
  # Beside its place and then renamed: a program that runs keeps its file.
  beside=$root/$(dirname "$path")/.epads-install.$$
  cp "$path" "$beside"
  mode=644
  [ "$path" != bin/epads ] || mode=755
  chmod "$mode" "$beside"
  mv -f "$beside" "$root/$path"
  printf '%s %s\n' "$(cksum <"$path")" "$path" >>"$staging/list"
  printf 'installed %s\n' "$root/$path"
done <"$staging/new"

# What an earlier version had installed and this one has not.
if [ -f "$list" ]; then
  while read -r sum size path; do
    [ "$sum" != folder ] || continue
    grep -qxF "$path" "$staging/new" && continue
    [ -f "$root/$path" ] && [ "$(cksum <"$root/$path")" = "$sum $size" ] || continue
    rm -f "$root/$path"
    printf 'removed %s\n' "$root/$path"
  done <"$list"
fi
mkdir -p "$root/share/epads"
sort -u "$staging/list" >"$list"

[ -z "${DESTDIR:-}" ] || exit 0
printf '\nFor your shell, unless it has these already:\n'
case :$PATH: in
  *:"$prefix/bin":*) ;;
  *) printf '  %s\n' "export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
cat <<END
  export MANPATH="$prefix/share/man:\$MANPATH"
  bash: . "$prefix/share/bash-completion/completions/epads", where the package bash-completion does not find it
  zsh:  fpath=("$prefix/share/zsh/site-functions" \$fpath), before compinit
  fish: set -p fish_complete_path "$prefix/share/fish/vendor_completions.d"
END
