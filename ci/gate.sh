#!/usr/bin/env bash
# The steps of a pipeline that measures, compares with the base branch and fails if something got worse. The GitHub
# action, the GitLab example and people at a prompt all call it as `ci/gate.sh STEP`; docs/CI.md says which steps there
# are. Everything it is told stands in variables MAPPROF_*, and none of them becomes part of shell text except
# MAPPROF_BUILD, which is a command.

set -euo pipefail

# An annotation where the pipeline shows some; newlines and percent signs would end one early. On standard error, where
# no caller takes it for an answer.
say() { # notice, warning or error; the message
    local text=$2
    if [ "${GITHUB_ACTIONS:-}" = true ]; then
        text=${text//'%'/%25} text=${text//$'\r'/%0D} text=${text//$'\n'/%0A}
        printf '::%s title=mapprof::%s\n' "$1" "$text" >&2
    else
        printf 'gate.sh: %s: %s\n' "$1" "$text" >&2
    fi
}

# Like mapprof itself, 2 is for what the user can put right by other words.
fail() {
    say error "$1"
    exit 2
}

# What was not compared must be seen by whoever reads the verdict, not only in the log.
admit() {
    say notice "$1"
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || printf '**mapprof**: %s\n\n' "$1" >>"$GITHUB_STEP_SUMMARY"
}

# How later steps of an action learn of it.
output() { # name, value
    [ -z "${GITHUB_OUTPUT:-}" ] || printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# Splits as a shell would, quotes too, but expands nothing and runs nothing.
split() { # the array to fill, the variable with the text
    local -n into=$1
    local text
    text=$(xargs -r printf '%s\n' <<<"${!2:-}" 2>/dev/null) || fail "$2: a quote is not closed: ${!2}"
    into=()
    # shellcheck disable=SC2034 # it is the caller's array by another name
    [ -z "$text" ] || mapfile -t into <<<"$text"
}

# A step may be called from anywhere, and an output is read from elsewhere.
absolute() {
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$PWD" "$1" ;;
    esac
}

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The runner's own folder lies outside of the checkout; by hand and in GitLab, a hidden one is not uploaded by mistake.
scratch=$(absolute "${MAPPROF_SCRATCH:-${RUNNER_TEMP:+$RUNNER_TEMP/}.mapprof-ci}")
out=$(absolute "${MAPPROF_OUT:-mapprof-out}")
baseline=${MAPPROF_BASELINE:-artifact}
artifact=${MAPPROF_ARTIFACT:-mapprof-runs}
shard=${MAPPROF_SHARD:-}
revision=${MAPPROF_BASE_REVISION:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}

# The branch that this change goes to; nothing on a push to that branch, which is what others are compared with.
base_branch() {
    local base=${MAPPROF_BASE:-${GITHUB_BASE_REF:-${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-}}}
    base=${base#refs/heads/}
    [ "$base" = "${GITHUB_REF_NAME:-${CI_COMMIT_BRANCH:-}}" ] || printf '%s\n' "$base"
}

# Whether there is a base at all.
comparing() { [ -n "$(base_branch)" ] || [ -n "$revision" ]; }

# What is wrong in the inputs is said before a build of some minutes, not after it.
step_plan() {
    case $baseline in
    artifact | none) ;;
    build)
        [[ -n ${MAPPROF_PROGRAM:-} && -n ${MAPPROF_BUILD:-} ]] ||
            fail 'baseline: build needs program and build: the base revision is built with that command'
        case $MAPPROF_PROGRAM in
        /* | *..*) fail "program: $MAPPROF_PROGRAM: a path below the repository's root is wanted, as the base revision has one too" ;;
        esac
        ;;
    *) [ -d "$baseline" ] || fail "baseline: $baseline: artifact, build, none or a folder with runs is wanted" ;;
    esac
    [ -z "$shard" ] || [[ $shard =~ ^[0-9]+/[0-9]+$ ]] ||
        fail "shard: $shard: a part of a whole such as 2/8 is wanted"
    [ -z "$shard" ] || [ -z "${MAPPROF_SHARDS:-}" ] || fail 'shard runs a part, shards joins all parts: give one of them'
    [ -n "${MAPPROF_WORKLOADS:-}" ] || [ -n "${MAPPROF_SHARDS:-}" ] || fail 'workloads: no workload is given'
    case ${MAPPROF_STRICT:-false} in
    true | false) ;;
    *) fail "strict: $MAPPROF_STRICT: true or false is wanted" ;;
    esac
    local key
    key=$(cache_key)
    output key "$key"
    output folder "$scratch/$key"
    output artifact "$artifact${shard:+-${shard/\//-of-}}"
    output out "$out"
    output runs "$out/runs"
}

# Everything that decides what the built program is. Between two versions the lock file stays and the sources change;
# a program built on one distribution may need a newer C library than another one has.
cache_key() {
    [[ -z ${MAPPROF_PROGRAM:-} && -f $source_dir/Cargo.lock ]] || return 0
    local system rustc sources
    # shellcheck source=/dev/null
    system=$(. /etc/os-release 2>/dev/null && printf '%s-%s' "${ID:-linux}" "${VERSION_ID:-rolling}") || system=linux
    rustc=$(cd "$source_dir" && rustc --version | cut -d ' ' -f 2) || fail 'no rustc is here: install Rust first'
    sources=$(cd "$source_dir" && find Cargo.toml Cargo.lock build.rs .cargo src workloads -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
    printf 'mapprof-%s-%s-%s-%s\n' "$system" "$(uname -m)" "$rustc" "$sources"
}

# Builds what will be run: the user's program, or mapprof where the cache had none. There is one folder per key, so what
# another revision left is never taken for this one.
step_install() {
    mkdir -p "$scratch"
    rm -f "$scratch/program"
    if [ -n "${MAPPROF_PROGRAM:-}" ]; then
        [ -z "${MAPPROF_BUILD:-}" ] || bash -euo pipefail -c "$MAPPROF_BUILD" || fail "build: failed: $MAPPROF_BUILD"
    elif [ -f "$source_dir/Cargo.lock" ]; then
        local key
        key=$(cache_key)
        [ -x "$scratch/$key/bin/mapprof" ] || install_mapprof "$scratch/$key"
        printf '%s\n' "$scratch/$key/bin/mapprof" >"$scratch/program"
    fi
    local tool version
    tool=$(program)
    version=$("$tool" --version) || fail "$tool: does not say its version; is it a program that starts mapprof?"
    printf 'measured with %s: %s\n' "$tool" "$version"
}

# From its own folder, so that its settings and not the checkout's hold, and with the frame pointers that they ask for
# even where the workflow sets flags of its own.
install_mapprof() {
    (cd "$source_dir" && RUSTFLAGS='-C force-frame-pointers=yes' \
        cargo install --path . --bin mapprof --locked --root "$1" --target-dir "$scratch/target") ||
        fail 'mapprof could not be built: it needs Rust, a C compiler and make'
}

# The program that runs and checks: the user's, the installed one, or what the image brings.
program() {
    local found
    if [ -n "${MAPPROF_PROGRAM:-}" ]; then
        found=$(absolute "$MAPPROF_PROGRAM")
    elif [ -s "$scratch/program" ]; then
        found=$(cat "$scratch/program")
    else
        found=$(command -v mapprof) || fail 'no mapprof is here: call the step install first'
    fi
    [ -x "$found" ] || fail "$found: no such program; does build make it?"
    printf '%s\n' "$found"
}

# Gets the runs that the base branch left. That there are none is normal for the first change, so it fails nothing.
step_fetch() {
    rm -rf "$scratch/fetched"
    if [[ $baseline != artifact || -n $shard ]] || ! comparing; then return 0; fi
    local base why
    base=$(base_branch)
    mkdir -p "$scratch/fetched"
    if [ "${GITLAB_CI:-}" = true ]; then
        why=$(fetch_gitlab "$base")
    else
        why=$(fetch_github "$base")
    fi
    [ -n "$why" ] || [ -n "$(fetched_runs)" ] || why="the artifact $artifact of $base has no folder runs"
    [ -z "$why" ] || rm -rf "$scratch/fetched"
    [ -z "$why" ] || say notice "nothing of $base to compare with: $why"
}

# Newest first. A fork's branch may have the base's name, and its pull requests run under it: only runs of events that
# this repository itself starts are trusted. Prints why there is nothing.
fetch_github() { # base branch
    local workflow=${GITHUB_WORKFLOW_REF:-} ids id own='.event == "push" or .event == "schedule" or .event == "workflow_dispatch"'
    workflow=${workflow%%@*}
    if ! ids=$(gh run list --repo "${GITHUB_REPOSITORY:-}" --workflow "${workflow##*/}" --branch "$1" --status success \
        --limit 100 --json databaseId,event --jq ".[] | select($own) | .databaseId" 2>&1); then
        printf 'its runs cannot be listed (the job needs the permission actions: read): %s\n' "${ids##*$'\n'}"
        return
    fi
    for id in $(head -n 10 <<<"$ids"); do
        if gh run download "$id" --repo "${GITHUB_REPOSITORY:-}" --name "$artifact" --dir "$scratch/fetched" >&2; then
            printf 'compared with run %s of %s\n' "$id" "$1" >&2
            return
        fi
    done
    printf 'no successful run of this workflow on it has an artifact %s\n' "$artifact"
}

# The newest successful pipeline's job that is called like the artifact. The token goes through a pipe, as the process
# list shows arguments. Prints why there is nothing.
fetch_gitlab() { # base branch
    local header="JOB-TOKEN: ${CI_JOB_TOKEN:-}" said
    local project=${CI_MERGE_REQUEST_PROJECT_ID:-${CI_PROJECT_ID:-}}
    [ -z "${MAPPROF_TOKEN:-}" ] || header="PRIVATE-TOKEN: $MAPPROF_TOKEN"
    said=$(curl --fail --silent --show-error --location --get --header @- --data-urlencode "job=$artifact" \
        --output "$scratch/fetched/runs.zip" \
        "${CI_API_V4_URL:-}/projects/$project/jobs/artifacts/${1//\//%2F}/download" <<<"$header" 2>&1) &&
        said=$(unzip -q "$scratch/fetched/runs.zip" -d "$scratch/fetched" 2>&1) ||
        printf 'the artifact of its job %s cannot be had (MAPPROF_TOKEN may be needed): %s\n' "$artifact" "${said##*$'\n'}"
}

# Where the runs of a fetched artifact lie: one pipeline packs the folder, the other what is in it.
fetched_runs() {
    local folder
    for folder in "$scratch/fetched/runs" "$scratch/fetched"/*/runs; do
        [ ! -d "$folder" ] || { printf '%s\n' "$folder" && return; }
    done
}

# The base's program, built by the same command from a tree of its own: times of two programs can be compared only if
# both are measured here, in turns.
step_base() {
    rm -f "$scratch/base-program"
    if [[ $baseline != build || -n ${MAPPROF_SHARDS:-} ]] || ! comparing; then return 0; fi
    local tree
    revision=$(base_revision) || fail "the base revision of $(base_branch) cannot be fetched; does the checkout keep its credentials?"
    mkdir -p "$scratch"
    # Not below the checkout, whose Cargo.toml would claim the tree as part of its workspace.
    tree=$(mktemp -d)
    git worktree add --quiet --detach "$tree/base" "$revision" || fail "$revision: no such revision here"
    if ! build_in "$tree/base" || ! cp "$tree/base/$MAPPROF_PROGRAM" "$scratch/base-program"; then
        say warning "the base revision $revision cannot be built, so there is nothing to compare with: $MAPPROF_BUILD"
    fi
    git worktree remove --force "$tree/base"
    rmdir "$tree"
}

# With a target folder of its own: a shared one would put the base's program in the place of the new one.
build_in() (
    cd "$1" && { [ ! -f .gitmodules ] || git submodule --quiet update --init --recursive; } &&
        env -u CARGO_TARGET_DIR bash -euo pipefail -c "$MAPPROF_BUILD"
)

# What a pull request was merged into for this very run is the first parent of GitHub's merge commit; the branch may
# have moved since, and that is not this change's doing.
base_revision() {
    if [ -n "$revision" ]; then
        git rev-parse --quiet --verify "$revision^{commit}" ||
            { git fetch --quiet --depth=1 origin "$revision" && git rev-parse FETCH_HEAD; }
    elif [ -n "${GITHUB_BASE_REF:-}" ] && [ "$(git rev-parse HEAD)" = "${GITHUB_SHA:-}" ]; then
        git rev-parse --quiet --verify 'HEAD^1' ||
            { git fetch --quiet --depth=2 origin "$GITHUB_SHA" && git rev-parse 'HEAD^1'; }
    else
        git fetch --quiet --depth=1 origin "$(base_branch)" && git rev-parse FETCH_HEAD
    fi
}

# Measures, with the base's program in turns where there is one.
step_run() {
    local tool command workloads more
    tool=$(program)
    split workloads MAPPROF_WORKLOADS
    split more MAPPROF_ARGS
    [ "${#workloads[@]}" -gt 0 ] || fail 'MAPPROF_WORKLOADS: no workload is given'
    command=("$tool" run "${workloads[@]}" --map "${MAPPROF_MAPS:-std}" --out "$out/runs")
    [ -z "$shard" ] || command+=(--shard "$shard")
    if [ "$baseline" = build ] && [ -x "$scratch/base-program" ]; then
        command+=(--base-program "$scratch/base-program" --base-out "$out/base" --repeat "${MAPPROF_REPEAT:-15}")
    else
        command+=(--repeat "${MAPPROF_REPEAT:-1}")
    fi
    "${command[@]}" "${more[@]}"
}

# Joins what the shards left below one folder, each in a folder of its own or all in the same.
step_merge() {
    local kind code=0
    for kind in runs base; do
        join_shards "$kind" || code=$?
    done
    return "$code"
}

# Runs of the base are there only if they were measured in turns.
join_shards() { # runs or base
    local tool folders=() folder from=${MAPPROF_SHARDS:-}
    tool=$(program) || return
    for folder in "$from/$1" "$from"/*/"$1"; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    if [ "${#folders[@]}" -gt 0 ]; then
        "$tool" merge "${folders[@]}" --out "$out/$1"
    elif [ "$1" = runs ]; then
        fail "MAPPROF_SHARDS: $from: no folder runs is there, nor in the folders in it"
    fi
}

# Holds the runs against budgets and the base, and says so if there is nothing to hold them against.
step_check() {
    output verdict none
    [ -z "$shard" ] || { say notice "shard $shard is checked when all of them are merged" && return; }
    local tool command budgets budget more against code=0
    tool=$(program)
    split budgets MAPPROF_BUDGET
    split more MAPPROF_CHECK_ARGS
    command=("$tool" check "$out/runs" --junit "$out/junit.xml" --json "$out/check.json")
    for budget in "${budgets[@]}"; do command+=(--budget "$budget"); done
    against=$(compared_with)
    [ -z "$against" ] || command+=(--baseline "$against")
    [ -z "${MAPPROF_TOLERANCE:-}" ] || command+=(--tolerance "$MAPPROF_TOLERANCE")
    [ "${MAPPROF_STRICT:-false}" = false ] || command+=(--strict)
    confess "$against" "${#budgets[@]}"
    [ -n "$against" ] || [ "${#budgets[@]}" -gt 0 ] || return 0
    "${command[@]}" "${more[@]}" || code=$?
    output verdict "$(verdict_of "$code")"
    return "$code"
}

# The folder with the base's runs; nothing if there is none.
compared_with() {
    case $baseline in
    none) ;;
    artifact) ! comparing || fetched_runs ;;
    build) ! comparing || [ ! -d "$out/base" ] || printf '%s\n' "$out/base" ;;
    *) absolute "$baseline" ;;
    esac
}

# A gate that lets everything pass because it has nothing to compare with must not look like one that compared.
confess() { # the baseline's folder, how many budgets there are
    local budgets_only='only budgets were checked'
    [ "$2" -gt 0 ] || budgets_only='and there are no budgets: nothing was checked'
    if [ -n "$1" ]; then
        printf 'compared with %s\n' "$1"
    elif [ "$baseline" = none ]; then
        [ "$2" -gt 0 ] || admit 'baseline is none, and there are no budgets: nothing was checked'
    elif comparing; then
        admit "there are no runs of the base to compare with, $budgets_only"
    else
        printf 'this is the base: later changes are compared with its runs\n'
    fi
}

# The words of docs/CI.md for mapprof's exit codes.
verdict_of() {
    case $1 in
    0) echo pass ;;
    1) echo fail ;;
    *) echo error ;;
    esac
}

main() {
    case ${1:-} in
    plan | install | fetch | base | run | merge | check) "step_$1" ;;
    *) fail "${1:-no step}: plan, install, fetch, base, run, merge or check is wanted" ;;
    esac
}

main "$@"
