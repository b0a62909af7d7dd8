#!/bin/sh
# Proves that exeunt-core links into a program without std and without an allocator, and works there.
# What each way of failing looks like stands in tests/bare/src/main.rs.
set -eu
cd "$(dirname "$0")/../.."

# Cargo says itself where the program is, whatever the target directory and the target.
messages=$(cargo build --quiet --package exeunt-bare --profile bare --message-format json-render-diagnostics)
program=$(printf '%s\n' "$messages" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
if [ -z "$program" ]; then
    echo "exeunt-bare: cargo built no program" >&2
    exit 1
fi

if ! "$program"; then
    echo "exeunt-bare: $program did not end the stay as it should" >&2
    exit 1
fi

symbols=$(nm "$program")
# A list that lacks what must be there would lack what must not be there as well.
if ! printf '%s\n' "$symbols" | grep -Eq ' T _?main$'; then
    echo "exeunt-bare: nm shows no main in $program" >&2
    exit 1
fi
foreign=$(printf '%s\n' "$symbols" | grep -E '[ _](malloc|calloc|realloc|posix_memalign|mmap)(@|$)|rust_(z?alloc|realloc|eh_personality)|_Unwind_' || true)
if [ -n "$foreign" ]; then
    echo "exeunt-bare: $program is to have no allocator and no unwinding, but has" >&2
    printf '%s\n' "$foreign" >&2
    exit 1
fi
echo "exeunt-bare: the core links and works without std and without an allocator"
