#!/bin/sh
# Hunts for inputs that break something, target by target, with a progress line for each.
#
#   hunt.sh hunt       all targets one after the other, or TARGET; MINUTES in all (7)
#   hunt.sh minimise   takes into the committed corpus what reaches something that it does not reach yet
#
# What is found on the way stays in fuzz/growing, and what breaks something in fuzz/artifacts.
# SANITIZER=none (default) | address: see README.md.
set -eu
cd "$(dirname "$0")"

minutes=${MINUTES:-7}
sanitizer=${SANITIZER:-none}
targets=${TARGET:-$(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | grep -v '^exeunt-fuzz$')}
case $minutes in
'' | *[!0-9]* | 0)
    echo "exeunt: MINUTES is a whole number from 1, not \"$minutes\"" >&2
    exit 2
    ;;
esac
for target in $targets; do
    if [ ! -f "fuzz_targets/$target.rs" ]; then
        echo "exeunt: there is no target $target; there are:" "$(cd fuzz_targets && echo *.rs | sed 's/\.rs//g')" >&2
        exit 2
    fi
done

if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "exeunt: installing cargo-fuzz from crates.io (about a minute)"
    cargo install --quiet cargo-fuzz
fi
# A sanitizer is an unstable flag; the compiler takes it all the same when it is told to.
if [ "$sanitizer" != none ]; then
    export RUSTC_BOOTSTRAP=1
fi

# libFuzzer's own lines, boiled down to one that is written over and over.
progress() {
    awk -v target="$1" -v seconds="$2" '
        function now(  at) { "date +%s" | getline at; close("date +%s"); return at }
        BEGIN { began = now() }
        /^#[0-9]+.*cov:/ {
            runs = substr($1, 2); cov = corp = speed = "?"
            for (field = 2; field < NF; field++) {
                if ($field == "cov:") cov = $(field + 1)
                if ($field == "corp:") corp = $(field + 1)
                if ($field == "exec/s:") speed = $(field + 1)
            }
            elapsed = now() - began
            printf "\r%-18s %4d of %d s  %10d runs (%s/s)  reaches %s  corpus %s   ", target, elapsed, seconds, runs, speed, cov, corp
            fflush()
        }
        END { print "" }'
}

hunt() {
    target=$1
    seconds=$2
    mkdir -p "growing/$target" "corpus/$target"
    log=$(mktemp)
    # The first folder takes what is new, the second is only read.
    status=0
    { cargo fuzz run --sanitizer "$sanitizer" "$target" "growing/$target" "corpus/$target" -- \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 2>&1 || echo "exit $?" >"$log.status"; } |
        tee "$log" | progress "$target" "$seconds"
    if [ -f "$log.status" ]; then
        status=1
        # What the target said when it broke, and where the input is.
        sed -n '/panicked at/,$p' "$log" | grep -v '^ *[0-9]*: \|^ *at ' | head -80
        grep -q 'panicked at' "$log" || tail -40 "$log"
        echo "exeunt: $target found something. Again: cargo fuzz run --sanitizer $sanitizer $target <the input above>" >&2
        echo "exeunt: once it is mended, put the input into fuzz/corpus/$target, so that it is looked at for ever." >&2
    fi
    rm -f "$log" "$log.status"
    return $status
}

case ${1:-} in
hunt)
    count=$(echo "$targets" | wc -w)
    cargo fuzz build --sanitizer "$sanitizer" ${TARGET:-}
    failed=0
    for target in $targets; do
        hunt "$target" $((minutes * 60 / count)) || failed=1
    done
    exit $failed
    ;;
minimise)
    for target in $targets; do
        mkdir -p "growing/$target" "corpus/$target"
        before=$(find "corpus/$target" -type f | wc -l)
        cargo fuzz run --sanitizer none "$target" "corpus/$target" "growing/$target" -- \
            -set_cover_merge=1 -use_counters=0 -max_len=1024 >/dev/null 2>&1
        echo "$target: $before inputs, now $(find "corpus/$target" -type f | wc -l), $(du -sk "corpus/$target" | cut -f 1) KiB"
    done
    ;;
*)
    echo "usage: $0 hunt|minimise" >&2
    exit 2
    ;;
esac
