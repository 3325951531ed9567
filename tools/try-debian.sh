#!/bin/bash
# tools/try-debian.sh bookworm|trixie [--user] [--keep]
#
# Both commands of README.md on a Debian that has nothing but its base: makes such a root with debootstrap,
# puts the files of this checkout into it, and runs ./run --exit and ./test there, as root or (--user) as a
# user with sudo. Prints a line for each step with its time, and the closing line of ./test; ends as ./test
# does. What the steps print is in a log, which is named.
#
# Needs root, debootstrap, git, a network, and 6 GB below TMPDIR (/var/tmp). The root is a mount namespace
# with pivot_root, not a chroot, in which the kernel allows no user namespaces. It is removed at the end;
# with --keep it stays. The host's network is used, so the cloud of ./run takes a port that is free.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 255

die() {
    echo "try-debian: $*" >&2
    exit 255
}

# In a mount and a process namespace of its own: FOLDER becomes the root, and the rest of the arguments run.
if [ "${1:-}" = --inside ]; then
    set -e
    cd "$2"
    shift 2
    mount --bind . .
    cd "$PWD"
    mount -t proc proc proc
    mount --rbind /dev dev
    mount --rbind /sys sys
    mount -t tmpfs -o mode=1777 tmpfs tmp
    mkdir -p old
    pivot_root . old
    cd /
    umount -l /old
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
        bash -c '"$@"; exit $?' init "$@" # which reaps what loses its parent
fi

suite='' user=root keep=''
for word in "$@"; do
    case $word in
        bookworm | trixie) suite=$word ;;
        --user) user=somebody ;;
        --keep) keep=yes ;;
        *) suite='' && break ;;
    esac
done
[ -n "$suite" ] || { echo "usage: tools/try-debian.sh bookworm|trixie [--user] [--keep]" >&2; exit 2; }
[ "$(id -u)" = 0 ] || die "only root can make a root: sudo $0 $*"
for program in debootstrap git unshare pivot_root; do
    command -v $program > /dev/null || die "there is no $program here: apt-get install debootstrap git util-linux"
done

root=$(mktemp -d "${TMPDIR:-/var/tmp}/calotype-$suite-XXXXXX") || exit 255
log=$root.log
: > "$log"
trap '[ -n "$keep" ] && echo "the root stays: $root" || rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2317 # the functions below are called by step
inside() { unshare --mount --pid --fork --kill-child -- "$PWD/tools/try-debian.sh" --inside "$root" "$@"; }
as_user() { # COMMAND, in the checkout
    inside su "$user" -s /bin/sh -c "cd /home/calotype && $1" < /dev/null
}
step() { # WHAT COMMAND...
    local what=$1 r=0
    shift
    SECONDS=0
    echo "---- $what" >> "$log"
    "$@" >> "$log" 2>&1 || r=$?
    printf '%-28s %5d s%s\n' "$what" $SECONDS "$([ $r = 0 ] || echo "   ended with $r")"
    return $r
}

base() {
    local sources=$root/etc/apt/sources.list mirror
    # Of debootstrap's own mirror, whose updates and security updates lie beside it.
    unshare --mount debootstrap --variant=minbase "$suite" "$root" || return
    read -r _ mirror _ < "$sources" || return
    mirror=${mirror%/}
    printf 'deb %s %s main\n' "$mirror" "$suite" "$mirror" "$suite-updates" "$mirror-security" "$suite-security" > "$sources"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # What an installed Debian has, and a bare root has not: a name for this machine, and / for everybody.
    printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' > "$root/etc/hosts"
    chmod 755 "$root"
}
checkout() {
    mkdir -p "$root/home/calotype" || return
    git ls-files -z | tar -c --null -T - --owner=0 --group=0 | tar -x -C "$root/home/calotype" || return
    [ "$user" = root ] && return
    inside sh -c "apt-get -q update && apt-get install -y -q --no-install-recommends sudo &&
        useradd -m $user && chown -R $user /home/calotype && echo '$user ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/$user"
}
give_up() {
    tail -n 20 "$log" >&2
    echo "the log is $log" >&2
    exit 1
}

step "debootstrap $suite" base || give_up
step "the checkout" checkout || give_up
step "./run --exit" as_user "./run --exit --port 0" || give_up
step "./test" as_user ./test
code=$?
tail -n 1 "$log"
echo "the log is $log"
exit $code
