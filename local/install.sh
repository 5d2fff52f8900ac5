#!/bin/sh
# Install what is missing of: venv (Python's virtual environments), rabbitmq, faults (what the fault tests break things
# with). Usage: local/install.sh venv|rabbitmq|faults
#
# As root on Debian or Ubuntu it installs the package, else it says what to do. No server is started, now
# or at boot: the chat starts a node of its own, and a RabbitMQ that runs already is not to be disturbed.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin  # where most of it is, and who is not root does not look

missing() {
    case $1 in
    venv) package=python3-venv; ! python3 -c 'import ensurepip' 2>/dev/null ;;
    rabbitmq) package=rabbitmq-server; ! command -v rabbitmq-server >/dev/null ;;
    faults) package="iptables iproute2 faketime"; ! { command -v iptables && command -v tc && command -v faketime; } >/dev/null ;;
    esac
}

POLICY=/usr/sbin/policy-rc.d  # asked by maintainer scripts whether they may start a service; 101 means no

forbid_starting() {
    if [ -e "$POLICY" ]; then
        "$POLICY" rabbitmq-server start >/dev/null 2>&1 || [ $? -ne 101 ] || return 0
        give_up "$POLICY lets services start"
    fi
    trap 'rm -f "$POLICY"' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
}

forbid_starting_at_boot() {
    command -v systemctl >/dev/null || return 0
    for unit in rabbitmq-server.service epmd.service epmd.socket; do
        systemctl disable --quiet "$unit" 2>/dev/null || true
    done
}

give_up() {
    echo "$package is missing ($1). Install it, then try again." >&2
    ! command -v apt-get >/dev/null || echo "    sudo apt-get update && sudo apt-get install $package" >&2
    exit 1
}

missing "$1" || exit 0
command -v apt-get >/dev/null || give_up "this is not Debian or Ubuntu: use what your system has for it"
[ "$(id -u)" -eq 0 ] || give_up "only root may install it"
forbid_starting
echo "installing $package" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --no-install-recommends $package >/dev/null  # one word each
[ "$1" != rabbitmq ] || forbid_starting_at_boot
