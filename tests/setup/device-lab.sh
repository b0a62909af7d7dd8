#!/bin/sh
# Fetches what the device lab boots: Debian's kernel with a virtual camera and sound card, QEMU, busybox and
# ALSA's configuration. Nothing is installed: the packages are only unpacked, in a cache outside of the
# clone, since installing QEMU may take away newer parts of it that the machine has.
# Quick when the cache is there. EXEUNT_LAB_CACHE names another place for it.
#
#   device-lab.sh fetch     fills the cache
#   device-lab.sh where     prints where it is
set -eu

# Counts up when what stands in the cache changes; tests/device-lab/src/host/parts.rs has the same number.
LAYOUT=1
CACHE=${EXEUNT_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/exeunt-device-lab}
PLACE=$CACHE/layout-$LAYOUT

# What is loaded in the guest, in this order, each with what it needs.
MODULES="snd-aloop vivid"

give_up() {
    echo "exeunt: the device lab cannot be fetched: $1" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        give_up "this needs root and there is no sudo; as root, type: $*"
    fi
}

# The package that linux-image-amd64 stands for at present.
kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ { print $2; exit }'
}

# download FOLDER PACKAGE...
download() {
    folder=$1
    shift
    mkdir -p "$folder"
    (cd "$folder" && apt-get -qq download "$@" 2>"$folder/errors") || {
        cat "$folder/errors" >&2
        give_up "apt-get does not download $*"
    }
}

# unpack FOLDER INTO
unpack() {
    mkdir -p "$2"
    for package in "$1"/*.deb; do
        dpkg-deb -x "$package" "$2"
    done
}

fetch() {
    if [ -e "$PLACE/complete" ]; then
        return
    fi
    [ "$(uname -s)" = Linux ] && [ "$(uname -m)" = x86_64 ] || give_up "it is made for Linux on x86_64"
    has apt-get && has dpkg-deb || give_up "it is made of Debian's packages, and there is no apt-get here"
    # What is missing is known only to a package list that is there.
    if [ -z "$(kernel_package)" ]; then
        as_root apt-get -qq update
    fi
    kernel=$(kernel_package)
    [ -n "$kernel" ] || give_up "there is no package linux-image-amd64; the sources of apt have to be Debian's"

    echo "exeunt: fetching the device lab's parts ($kernel, QEMU, busybox) into $CACHE"
    mkdir -p "$CACHE"
    new=$(mktemp -d "$CACHE/new.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    trap 'exit 1' INT TERM

    download "$new/debs/tools" busybox-static libasound2-data
    unpack "$new/debs/tools" "$new/tools"
    busybox=$new/tools/bin/busybox
    [ -e "$busybox" ] || busybox=$new/tools/usr/bin/busybox

    download "$new/debs/kernel" "$kernel"
    unpack "$new/debs/kernel" "$new/kernel"

    # The set that apt would install, so what the machine has already is left out.
    # shellcheck disable=SC2046 # one argument a package
    download "$new/debs/qemu" $(LC_ALL=C apt-get install -s --no-install-recommends qemu-system-x86 2>/dev/null |
        awk '/^Inst/ { print $2 }' | grep . || echo qemu-system-x86 qemu-system-data seabios)

    mkdir -p "$new/place/modules"
    unpack "$new/debs/qemu" "$new/place/qemu"
    cp "$busybox" "$new/place/busybox"
    mkdir -p "$new/place/alsa"
    cp -r "$new/tools/usr/share/alsa/." "$new/place/alsa"
    # Descriptions of real cards, which are most of it.
    rm -rf "$new/place/alsa/ucm" "$new/place/alsa/ucm2" "$new/place/alsa/topology"
    cp "$new/kernel"/boot/vmlinuz-* "$new/place/kernel"
    echo "$kernel" >"$new/place/kernel-package"
    modules "$new/kernel" "$new/place/modules"

    touch "$new/place/complete"
    rm -rf "$PLACE"
    mv "$new/place" "$PLACE"
}

# modules KERNEL INTO: copies the modules and what they need, and writes down in which order to load them.
modules() {
    # Where /lib is a link, so it may be in the package.
    for lib in "$1/usr/lib" "$1/lib"; do
        [ -d "$lib/modules" ] && break
    done
    version=$(ls "$lib/modules")
    [ -d "$1/lib/modules" ] || ln -s usr/lib "$1/lib"
    "$busybox" depmod -b "$1" "$version" || give_up "depmod refuses the kernel's modules"
    for module in $MODULES; do
        # A line names the module and all it needs, the innermost last.
        awk -v module="/$module.ko" '{
            path = $1
            sub(/:$/, "", path)
            sub(/\.xz$/, "", path)
            if (substr("/" path, length("/" path) - length(module) + 1) == module) {
                for (field = NF; field > 1; field--) print $field
                sub(/:$/, "", $1)
                print $1
            }
        }' "$lib/modules/$version/modules.dep"
    done | awk '!seen[$0]++' | while read -r path; do
        name=$(basename "$path" .xz)
        case $path in
        /*) path=$1$path ;;
        *) path=$lib/modules/$version/$path ;;
        esac
        case $path in
        *.xz) xz -dc "$path" >"$2/$name" ;;
        *) cp "$path" "$2/$name" ;;
        esac
        echo "$name" >>"$2/order"
    done
    for module in $MODULES; do
        [ -e "$2/$module.ko" ] || give_up "the kernel package has no module $module"
    done
}

case ${1:-} in
fetch) fetch ;;
where) echo "$PLACE" ;;
*)
    echo "usage: $0 fetch|where" >&2
    exit 2
    ;;
esac
