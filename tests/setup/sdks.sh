#!/bin/sh
# Installs the official TencentCloud SDKs, for the tests that make calls with them: beside the build's
# output, at the versions in tests/sdks, and never in the source tree. Quick when they are there.
set -eu

pins=$(cd "$(dirname "$0")/../sdks" && pwd)
folder=${CARGO_TARGET_DIR:-$(cd "$(dirname "$0")/../.." && pwd)/target}/official-sdks
mkdir -p "$folder"

# What is installed is what is pinned, if it was taken down when the installation was over.
is_there() {
    [ -e "$folder/$1" ] && cmp -s "$folder/$1" "$pins/$2"
}

if ! is_there python.pins requirements.txt; then
    echo "exeunt: installing the official Python SDK into $folder"
    rm -rf "$folder/python"
    python3 -m venv "$folder/python"
    "$folder/python/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pins/requirements.txt"
    cp "$pins/requirements.txt" "$folder/python.pins"
fi

if ! is_there node.pins package-lock.json; then
    echo "exeunt: installing the official Node SDK into $folder"
    rm -rf "$folder/node"
    mkdir "$folder/node"
    cp "$pins/package.json" "$pins/package-lock.json" "$folder/node/"
    npm ci --prefix "$folder/node" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    cp "$pins/package-lock.json" "$folder/node.pins"
fi
