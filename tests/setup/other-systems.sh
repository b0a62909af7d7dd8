#!/bin/sh
# Checks on a Linux machine that the device crates compile for macOS and Windows: names, types, borrows.
# Nothing is linked and nothing is run. Ends with 0 if both compile, and with 77 if that cannot be told here,
# which `make check` lets pass unless FULL=1.
#
#   other-systems.sh [target...]     aarch64-apple-darwin and x86_64-pc-windows-msvc unless named
#
# Where rustup has the targets (rustup target add ...), they are used. Elsewhere std itself is checked for
# them first, from the source that Debian packages with a compiler of the same version: rustc-web and
# rust-web-src, which are downloaded and unpacked in a cache, not installed. The first time takes some
# minutes, 150 MB to download and 2 GB of disk; after it some seconds.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/exeunt-other-systems
packages="rustc-web rust-web-src libstd-rust-web-dev"

unknown() {
    echo "not run: whether the device crates compile for macOS and Windows: $1" >&2
    exit 77
}

# A compiler with std's source beside it, at $cache/root/usr.
unpack() {
    [ -e "$cache/complete" ] && return
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        unknown "without Debian's packages this takes: rustup target add $*"
    rm -rf "$cache/root" "$cache/packages"
    mkdir -p "$cache/root" "$cache/packages"
    # The library that the compiler is, and LLVM's, have their versions in their names.
    libraries=$(apt-cache depends $packages |
        sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\|libllvm[0-9]*\)$/\1/p' | sort -u)
    for library in $libraries; do
        libraries="$libraries $(apt-cache depends "$library" | sed -n 's/.*Depends: \(libllvm[0-9]*\)$/\1/p')"
    done
    (cd "$cache/packages" && apt-get download -q $packages $libraries >&2) ||
        unknown "Debian's $packages are not to be had; with rustup: rustup target add $*"
    for package in "$cache/packages"/*.deb; do
        dpkg -x "$package" "$cache/root"
    done
    rm -r "$cache/packages"
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
        "$cache/root/usr/lib/x86_64-linux-gnu" "$cache/root/usr/bin/rustc" >"$cache/rustc"
    chmod +x "$cache/rustc"
    "$cache/rustc" --version >&2 || unknown "Debian's compiler does not run here"
    touch "$cache/complete"
}

# What a build script would compile for the other system is linked to nothing, so nothing compiles it. A
# generator is named because cmake's would be Visual Studio, and is looked for.
without_compilers() {
    name=$(echo "$1" | tr - _)
    shift
    mkdir -p "$cache"
    printf '#!/bin/sh\nexit 0\n' >"$cache/no-compiler"
    chmod +x "$cache/no-compiler"
    env CMAKE="$cache/no-compiler" CMAKE_GENERATOR=Ninja \
        "CC_$name=$cache/no-compiler" "CXX_$name=$cache/no-compiler" "AR_$name=$cache/no-compiler" "$@"
}

check() {
    target=$1
    echo "== $target"
    set -- cargo check --target "$target" --target-dir "$cache/target" -p exeunt-cpal -p exeunt-nokhwa
    if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
        without_compilers "$target" "$@"
        return
    fi
    unpack "$target"
    # build-std is for nightly compilers, unless one says that one knows.
    without_compilers "$target" env RUSTC="$cache/rustc" RUSTC_BOOTSTRAP=1 "$@" -Zbuild-std=std,panic_unwind
}

cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- aarch64-apple-darwin x86_64-pc-windows-msvc
for each in "$@"; do
    check "$each"
done
