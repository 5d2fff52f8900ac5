#!/bin/sh
# Give every queue and stream a replica on each node of a cluster: broker/replicate.sh DIR NODE...
#
# DIR is the directory `broker` of init. The script ends when the chat survives the loss of any one node, and fails if that
# does not come about. It adds only what is missing, so it runs at each start, and while the chat is in use.
set -eu
dir=$1
shift
first=$1
nodes=$#
WAIT_SECONDS=300
# The nodes send long answers to the host that the command names after itself, which this variable would change.
unset RABBITMQ_NODENAME

main() {
    check_members "$@"
    end=$(($(date +%s) + WAIT_SECONDS))
    until lacking=$(incomplete) && [ -z "$lacking" ]; do
        not_later_than_end "$lacking"
        for node; do add_replicas "$node"; done
    done
    wait_for_coordinator
    wait_for_copies
    note_cluster "$@"
}

check_members() { # the nodes that must run in the cluster of the first one
    running=$(rabbitmqctl -q -n "$first" eval '[io:format("~s~n", [Node]) || Node <- rabbit_nodes:list_running()], ok.')
    for node; do
        echo "$running" | grep -qx "$node" || fail "$node is not in the cluster of $first.
Look at its log. If it has a cluster of its own, made by an older version, nobody's messages are there as long as the
services used $first alone. Then remove its container and its volume, but never those of $first, and run 'up' again:
docs/how-to/run-three-nodes.md, \"A node is not in the cluster\"."
    done
}

incomplete() { # print the queues and streams that lack a leader or an online replica
    listed=$(queues 2>&1) || { echo "$listed" && return; }
    echo "$listed" | awk -F '\t' -v nodes="$nodes" '
        $2 != "classic" && ($3 == "" || split($4, all, ",") < nodes || split($5, online, ",") < nodes)'
}

queues() { rabbitmqctl -s -n "$first" list_queues name type leader members online; }

# A new replica of a queue has a vote at once, so the queue confirms only what it has as well. The default is a replica
# without a vote, which does not replace a lost one. A queue that changes at this moment refuses: then the next round adds.
add_replicas() {
    case $(echo "$lacking" | cut -f 4 | tr -d '[ ]' | sed 's/^/,/; s/$/,/' | grep -cv ",$1,") in 0) return ;; esac
    echo "adding missing replicas on $1"
    rabbitmq-queues -q -n "$first" grow "$1" all --membership voter --errors-only >/dev/null 2>&1 || true
    rabbitmq-streams -q -n "$first" grow "$1" all --errors-only >/dev/null 2>&1 || true
}

# The coordinator elects the leaders of the streams. RabbitMQ adds nodes to its Raft cluster by itself, one by one.
wait_for_coordinator() {
    [ -n "$(streams)" ] || return 0
    until members=$(rabbitmq-streams -q -n "$first" coordinator_status --formatter json 2>&1) &&
        [ "$(echo "$members" | grep '"Membership":"voter"' | grep -c '"Raft State":"\(leader\|follower\)"')" -ge "$nodes" ]; do
        not_later_than_end "members of the coordinator of the streams: $members"
    done
}

# Until each replica has what its stream has now. If the leader is lost before, the others elect one without that.
wait_for_copies() {
    wanted=
    until copies=$(offsets) && wanted=${wanted:-$copies} && behind=$(streams_behind) && [ -z "$behind" ]; do
        not_later_than_end "$behind: replicas have not caught up"
    done
}

offsets() { # a line for each replica: its stream and its last offset
    rabbitmqctl -q -n "$first" eval "[[io:format(\"~s ~p~n\", [Name, proplists:get_value(offset, Replica)])
        || Replica <- rabbit_stream_queue:status(<<\"/\">>, Name)] || Name <- [$(streams)]], ok."
}

streams() { queues | awk -F '\t' '$2 == "stream" { printf "%s<<\"%s\">>", comma, $1; comma = "," }'; }

streams_behind() {
    printf '%s\nnow\n%s\n' "$wanted" "$copies" | awk -v nodes="$nodes" '
        $1 == "now" { now = 1 }
        $2 !~ /^-?[0-9]+$/ { next }
        !now && (!($1 in last) || $2 > last[$1]) { last[$1] = $2 }
        now && $2 >= last[$1] { copies[$1]++ }
        END { for (stream in last) if (copies[stream] < nodes) print stream }'
}

# From now on, start.sh lets the first node join the others if it has lost its disk. Before, they could not replace it.
note_cluster() {
    printf '%s\n' "$@" >"$dir/.cluster.new"
    mv "$dir/.cluster.new" "$dir/cluster"
}

not_later_than_end() {
    [ "$(date +%s)" -lt "$end" ] || fail "After $WAIT_SECONDS s, the loss of a node could still stop the chat. Missing:
$1
Nothing is lost, and the chat runs on. Look at the logs of the nodes, and run 'up' again."
    sleep 0.5
}

fail() {
    echo "$1" >&2
    exit 1
}

main "$@"
