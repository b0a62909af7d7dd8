#!/bin/sh
# Runs every test, and says at the end by name what this machine could not run, and why.
# With FULL=1 the tests themselves make a failure of that.
set -u
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
# Only the results are kept: cargo's own progress stays on the terminal.
{
    cargo test --workspace --no-fail-fast "$@"
    echo $? >"$folder/status"
} | tee "$folder/results"
status=$(cat "$folder/status")

# libtest-mimic shows a trial's kind in brackets before its name.
not_run=$(sed -n 's/^test \[\(not run: [^]]*\)\] \(.*\) \.\.\. ignored$/  \2 (\1)/p' "$folder/results")
if [ -n "$not_run" ]; then
    echo
    echo "not run on this machine (make test FULL=1 installs what is missing):"
    echo "$not_run"
fi

# A run prints thousands of lines; what matters of a failure stands at their end once more.
failed=$(sed -n 's/^test \(.*\) \.\.\. FAILED$/  \1/p' "$folder/results")
if [ -n "$failed" ]; then
    echo
    echo "what the failed tests said:"
    awk '/^failures:$/ { inside = 1 } /^test result:/ { inside = 0 } inside' "$folder/results" | tail -n 400
    echo
    echo "failed:"
    echo "$failed"
fi
echo "tests: $(sed -n 's/^test result: .* \([0-9]*\) passed;.*/\1/p' "$folder/results" | awk '{ n += $1 } END { print n + 0 }') passed," \
    "$(sed -n 's/^test result: .* \([0-9]*\) failed;.*/\1/p' "$folder/results" | awk '{ n += $1 } END { print n + 0 }') failed"
exit "$status"
