#!/bin/sh
# Installs the official TencentCloud SDKs and Janus's own JavaScript library, for the tests that use them:
# beside the build's output, at the versions in tests/sdks and tests/janus-lab/participant, and never in the
# source tree. Quick when they are there.
set -eu

tests=$(cd "$(dirname "$0")/.." && pwd)
pins=$tests/sdks
folder=${CARGO_TARGET_DIR:-$tests/../target}/official-sdks
mkdir -p "$folder"

# What is installed is what is pinned, if it was taken down when the installation was over.
is_there() {
    [ -e "$folder/$1" ] && cmp -s "$folder/$1" "$2"
}

# from_npm NAME PINS WHAT
from_npm() {
    if is_there "$1.pins" "$2/package-lock.json"; then
        return
    fi
    echo "exeunt: installing $3 into $folder"
    rm -rf "${folder:?}/$1"
    mkdir "$folder/$1"
    cp "$2/package.json" "$2/package-lock.json" "$folder/$1/"
    npm ci --prefix "$folder/$1" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    cp "$2/package-lock.json" "$folder/$1.pins"
}

if ! is_there python.pins "$pins/requirements.txt"; then
    echo "exeunt: installing the official Python SDK into $folder"
    rm -rf "$folder/python"
    python3 -m venv "$folder/python"
    "$folder/python/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pins/requirements.txt"
    cp "$pins/requirements.txt" "$folder/python.pins"
fi

from_npm node "$pins" "the official Node SDK"
from_npm janus "$tests/janus-lab/participant" "Janus's JavaScript library"
