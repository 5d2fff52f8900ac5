#!/bin/sh
# Bring the running broker up to date with the files that `chat-admin init` wrote: broker/prepare.sh DIR
#
# DIR is the directory `broker` of init. rabbitmqctl finds the broker by its own variables, and the cookie in HOME.
# DIR/applied.json is a copy of the definitions that the broker has. While definitions.json equals it, the script imports
# nothing, so the changes of an operator last.
set -eu
dir=$1
WAIT_SECONDS=300
FORMER_USER=client # of clients of 0.3.0; `chat-admin retire-clients` takes it out of the definitions
exchange=$(sed -n 's/.*"\(chat\.identity\.[0-9a-f]*\)".*/\1/p' "$dir/identity.json")

main() {
    wait_for_broker
    if [ ! -e "$dir/applied.json" ]; then # the first start, or the broker of a version that had no identity
        rabbitmqctl -q import_definitions "$dir/identity.json"
    else
        refuse_another_broker
    fi
    "$(dirname "$0")/accept_tokens.sh" "$dir/token_public_key"
    if ! cmp -s "$dir/definitions.json" "$dir/applied.json"; then
        rabbitmqctl -q import_definitions "$dir/definitions.json"
        delete_former_user
        cp "$dir/definitions.json" "$dir/.applied.json.new"
        mv "$dir/.applied.json.new" "$dir/applied.json"
    fi
}

# An import deletes nothing. RabbitMQ closes the connections of a user that it deletes.
delete_former_user() {
    if has_it "$dir/applied.json" && ! has_it "$dir/definitions.json" && broker_has_it; then
        echo "deleting the user $FORMER_USER, and closing its connections"
        rabbitmqctl -q delete_user "$FORMER_USER"
    fi
}

has_it() { [ -e "$1" ] && grep -q "\"user\": *\"$FORMER_USER\"" "$1"; }

broker_has_it() { # grep ends early, which rabbitmqctl would report
    present=$(rabbitmqctl -q list_users)
    echo "$present" | grep -q "^$FORMER_USER[[:space:]]"
}

wait_for_broker() {
    end=$(($(date +%s) + WAIT_SECONDS))
    # Without a cookie, rabbitmqctl would make one before the node does.
    until [ -e "$HOME/.erlang.cookie" ] && reason=$(rabbitmqctl -q await_startup --timeout 60 2>&1); do
        if [ "$(date +%s)" -ge "$end" ]; then
            echo "RabbitMQ did not start within $WAIT_SECONDS s. Look at its log. ${reason:-}" >&2
            exit 1
        fi
        sleep 0.5
    done
}

refuse_another_broker() {
    exchanges=$(rabbitmqctl -q list_exchanges name)
    if ! echo "$exchanges" | grep -qx "$exchange"; then
        cat >&2 <<EOF
This broker is empty, or it belongs to another installation: it lacks the exchange $exchange.
Nothing was changed. Either give RabbitMQ its data back (its volume or directory, or a backup), or accept the empty broker:
docs/how-to/troubleshoot.md, "The broker is empty or another one", says how.
EOF
        exit 1
    fi
}

main
