#!/bin/sh
# Start a node of the broker of compose.yaml: start.sh [NODE...]
#
# Without NODEs, the node starts alone, unless it was in a cluster and has lost its disk.
# A node with data ignores the NODEs. A node without data joins the cluster of the NODEs, and waits until one of them
# answers. It never forms a cluster of its own, which would pass for an empty chat.
set -eu
DATA=/var/lib/rabbitmq
SECRETS=/etc/rabbitmq/definitions
me=rabbit@$HOSTNAME

main() {
    # The nodes authenticate each other by a shared cookie. Each node needs it in a file that only the node can read.
    install -m 400 "$SECRETS/erlang_cookie" "$DATA/.erlang.cookie"
    [ $# -gt 0 ] || set -- $(others)
    if [ $# -gt 0 ]; then
        seed=$1
        [ -d "$DATA/mnesia/$me" ] || wait_for_cluster "$@"
        join "$seed"
    fi
    unset RABBITMQ_LOGS # the image sets it, and then the log is text in spite of log.console.formatter in rabbitmq.conf
    exec rabbitmq-server
}

others() { # the other nodes of the cluster that replicate.sh has noted
    if [ -e "$SECRETS/cluster" ]; then grep -vx "$me" "$SECRETS/cluster"; fi
}

wait_for_cluster() { # set seed to a node that answers; let its cluster forget a disk that this node has lost
    until answering "$@"; do
        echo "$me has no data, and waits for a node of the cluster: $*" >&2
        sleep 1
    done
}

answering() {
    for seed; do
        case $(ask "$seed" "case rabbit:is_running() andalso rabbit_db:is_init_finished() of
                true -> lists:member('$me', rabbit_nodes:list_members()); false -> starting end.") in
            false) return ;;
            true) rabbitmqctl -q -n "$seed" forget_cluster_node "$me" && return ;;
        esac
    done
    return 1
}

ask() { timeout 20 rabbitmqctl -q -n "$1" eval "$2" 2>/dev/null || true; }

# With this peer discovery, which does not need Kubernetes, a node without data joins one named node, and tries without
# end. With a list of nodes it would join the one that has run longest, which can be itself.
join() {
    discovery="{peer_discovery_backend,rabbit_peer_discovery_k8s},{peer_discovery_k8s,[{seed_node,\"$1\"}]}"
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="${RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:-} -rabbit cluster_formation [$discovery]"
}

main "$@"
