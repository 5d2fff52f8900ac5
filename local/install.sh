#!/bin/sh
# Install one prerequisite if it is missing. Usage: local/install.sh venv|rabbitmq|postgresql|prometheus|jq|faults
#
#   venv        Python's virtual environments
#   rabbitmq    the RabbitMQ server
#   postgresql  the PostgreSQL server, for tests
#   prometheus  the Prometheus server and promtool, for tests
#   jq          jq, which selects log lines, for tests
#   faults      the tools with which the fault tests cut networks and move clocks
#
# As root on Debian or Ubuntu the script installs the packages; elsewhere it prints what to do. It starts no server, now
# or at boot: the chat starts its own node, the tests start their own servers, and servers that run already stay
# undisturbed.
set -eu
# Debian installs most of the tools into directories that are not in an ordinary user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing() {
    case $1 in
    venv) package=python3-venv; ! python3 -c 'import ensurepip' 2>/dev/null ;;
    rabbitmq) package=rabbitmq-server; ! command -v rabbitmq-server >/dev/null ;;
    postgresql) package=postgresql; ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null ;;
    prometheus) package=prometheus; ! { command -v prometheus && command -v promtool; } >/dev/null ;;
    jq) package=jq; ! command -v jq >/dev/null ;;
    faults) package="iptables iproute2 faketime"; ! { command -v iptables && command -v tc && command -v faketime; } >/dev/null ;;
    esac
}

POLICY=/usr/sbin/policy-rc.d  # package scripts run it before they start a service; exit status 101 forbids the start

forbid_starting() {
    if [ -e "$POLICY" ]; then
        "$POLICY" "$1" start >/dev/null 2>&1 || [ $? -ne 101 ] || return 0
        give_up "its package would start a service now, because $POLICY exists and allows it"
    fi
    trap 'rm -f "$POLICY"' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
}

forbid_starting_at_boot() {
    command -v systemctl >/dev/null || return 0
    for unit in "$@"; do
        systemctl disable --quiet "$unit" 2>/dev/null || true
    done
}

give_up() {
    echo "Missing: $package ($1). Install it, then try again." >&2
    ! command -v apt-get >/dev/null || echo "    sudo apt-get update && sudo apt-get install $package" >&2
    exit 1
}

update() { # apt-get waits for the lock of packages, but not for that of its lists, which another apt-get may hold
    tries=60
    until output=$(LC_ALL=C apt-get -qq update 2>&1); do
        tries=$((tries - 1))
        case $output in *"Could not get lock"*) [ "$tries" -gt 0 ] && sleep 5 && continue ;; esac
        echo "$output" >&2
        exit 1
    done
}

missing "$1" || exit 0
command -v apt-get >/dev/null || give_up "this is not Debian or Ubuntu: use the package manager of your system"
[ "$(id -u)" -eq 0 ] || give_up "only root can install packages"
forbid_starting "${package%% *}"
echo "Installing $package" >&2
export DEBIAN_FRONTEND=noninteractive
update
apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends $package >/dev/null  # unquoted: each word is a package
case $1 in
rabbitmq) forbid_starting_at_boot rabbitmq-server.service epmd.service epmd.socket ;;
postgresql) forbid_starting_at_boot postgresql.service ;;
prometheus) forbid_starting_at_boot prometheus.service ;;
esac
