#!/bin/sh
# Installs the system parts that building or testing needs, where apt-get exists; elsewhere says what to type.
# Quick when nothing is missing: a probe a part, and no package manager is called.
#
#   install.sh build    what `cargo build` needs
#   install.sh test     what the tests with FULL=1 need besides
#   install.sh janus    what `make demo TRANSPORT=janus` needs besides
set -eu

# One part a line: purpose | why | probe | apt | dnf | pacman | brew ("-": not needed there).
# Every name in the package columns is in the distribution itself; nothing comes from elsewhere.
parts() {
    cat <<'PARTS'
build | a C compiler, for opus and the linking  | has cc                | build-essential  | gcc                | base-devel     | -
build | a C++ compiler, for cmake               | has c++               | build-essential  | gcc-c++            | base-devel     | -
build | cmake, to build opus                    | has cmake             | cmake            | cmake              | cmake          | cmake
build | pkg-config, to find libraries           | has pkg-config        | pkg-config       | pkgconf-pkg-config | pkgconf        | pkgconf
build | ALSA's headers, for the microphone      | has_alsa              | libasound2-dev   | alsa-lib-devel     | alsa-lib       | -
build | clang's headers, for the camera         | has clang             | clang            | clang              | clang          | -
build | libclang, for the camera                | has_libclang          | libclang-dev     | clang-devel        | clang          | -
test  | a sound server of the test's own        | has pulseaudio        | pulseaudio       | pulseaudio         | pulseaudio     | pulseaudio
test  | pactl, to see who holds the microphone  | has pactl             | pulseaudio-utils | pulseaudio-utils   | libpulse       | pulseaudio
test  | the other sound server                  | has pipewire          | pipewire         | pipewire           | pipewire       | -
test  | its pulse server                        | has pipewire-pulse    | pipewire-pulse   | pipewire-pulseaudio | pipewire-pulse | -
test  | its session manager                     | has wireplumber       | wireplumber      | wireplumber        | wireplumber    | -
test  | the bus that the session manager needs  | has dbus-daemon       | dbus-daemon      | dbus-daemon        | dbus           | -
test  | espeak-ng, to speak into it             | has espeak-ng         | espeak-ng        | espeak-ng          | espeak-ng      | espeak-ng
test  | sox, to hear what arrived               | has sox               | sox              | sox                | sox            | sox
test  | Chromium, to look at the console       | has chromium          | chromium         | chromium           | chromium       | chromium
test  | perl, to hold a file that does not open | has perl              | perl             | perl               | perl           | perl
test  | a Janus of the test's own               | has janus             | janus            | -                  | -              | -
janus | a Janus, to call over                   | has janus             | janus            | -                  | -              | -
test  | ip, for a network of the test's own     | has ip                | iproute2         | iproute            | iproute2       | -
test  | python3, for the official Python SDK    | has python3           | python3          | python3            | python         | python
test  | venv, to keep that SDK to itself        | has_venv              | python3-venv     | python3            | python         | python
test  | node, for the official Node SDK         | has node              | nodejs           | nodejs             | nodejs         | node
test  | npm, to install that SDK                | has npm               | npm              | npm                | npm            | node
PARTS
}

has() {
    command -v "$1" >/dev/null 2>&1
}

has_alsa() {
    has pkg-config && pkg-config --exists alsa
}

# Debian splits what makes a virtual environment usable from python3 itself.
has_venv() {
    has python3 && python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

# libclang is loaded by its path, not linked, so the file is what counts.
has_libclang() {
    for library in "${LIBCLANG_PATH:-/nowhere}"/libclang*.so* /usr/lib/llvm*/lib/libclang*.so* \
        /usr/lib/libclang*.so* /usr/lib64/libclang*.so* /usr/lib64/llvm*/lib/libclang*.so* \
        /usr/lib/*-linux-gnu*/libclang*.so* /usr/local/lib/libclang*.so*; do
        if [ -e "$library" ]; then
            return 0
        fi
    done
    return 1
}

trimmed() {
    # shellcheck disable=SC2086 # the splitting is the point: it drops the padding of the columns
    set -- $1
    echo "$*"
}

manager() {
    if has apt-get; then
        echo apt
    elif has dnf; then
        echo dnf
    elif has pacman; then
        echo pacman
    elif has brew; then
        echo brew
    else
        echo none
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        echo "exeunt: this needs root and there is no sudo; as root, type: $*" >&2
        exit 1
    fi
}

purpose=${1:-}
case $purpose in
build | test | janus) ;;
*)
    echo "usage: $0 build|test|janus" >&2
    exit 2
    ;;
esac

if ! has cargo; then
    echo "exeunt: there is no cargo; install Rust from https://rustup.rs and open a new shell" >&2
    exit 1
fi

manager=$(manager)
packages=
reasons=
while IFS='|' read -r for_purpose why probe apt dnf pacman brew; do
    if [ "$(trimmed "$for_purpose")" != "$purpose" ] || $probe; then
        continue
    fi
    case $manager in
    apt) package=$(trimmed "$apt") ;;
    dnf) package=$(trimmed "$dnf") ;;
    pacman) package=$(trimmed "$pacman") ;;
    brew) package=$(trimmed "$brew") ;;
    *) package="?" ;;
    esac
    if [ "$package" = "-" ]; then
        continue
    fi
    case " $packages " in
    *" $package "*) ;;
    *) packages="${packages:+$packages }$package" ;;
    esac
    reasons="${reasons:+$reasons; }$(trimmed "$why")"
done <<PARTS
$(parts)
PARTS

# What comes from no package manager of the system; only once its own tools are there.
install_sdks() {
    if [ "$purpose" = test ]; then
        sh "$(dirname "$0")/sdks.sh"
    fi
}

if [ -z "$packages" ]; then
    install_sdks
    exit 0
fi

case $manager in
apt)
    echo "exeunt: installing $packages with apt-get ($reasons)"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
    # shellcheck disable=SC2086 # one argument a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $packages
    ;;
dnf) remedy="sudo dnf install $packages" ;;
pacman) remedy="sudo pacman -S --needed $packages" ;;
brew) remedy="brew install $packages" ;;
*) remedy="your system's package manager" ;;
esac
if [ "$manager" != apt ]; then
    echo "exeunt: missing: $reasons" >&2
    echo "exeunt: to get it, type: $remedy" >&2
    exit 1
fi
install_sdks
