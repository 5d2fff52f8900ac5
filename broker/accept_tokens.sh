#!/bin/sh
# Let the running nodes accept the tokens of sessions: broker/accept_tokens.sh PUBLIC_KEY_FILE
#
# rabbitmq.conf says the same to a node that starts. This script is for a node that an older version has started, and for
# one that started without the key. rabbitmqctl finds the broker by its own variables.
set -eu
key=$(sed 's/$/\\n/' "$1" | tr -d '\n')

rabbitmqctl -q eval "
    Accept = fun() ->
        {ok, Plugins} = application:get_env(rabbit, enabled_plugins_file),
        {ok, _Started, _Stopped} = rabbit_plugins:ensure(Plugins),
        application:set_env(rabbit, auth_mechanisms, ['PLAIN']),
        application:set_env(rabbit, auth_backends, [rabbit_auth_backend_internal, rabbit_auth_backend_oauth2]),
        OAuth2 = rabbitmq_auth_backend_oauth2,
        application:set_env(OAuth2, resource_server_id, <<\"chat\">>),
        Key = {pem, <<\"$key\">>},
        application:set_env(OAuth2, key_config, [
            {default_key, <<\"chat\">>}, {algorithms, [<<\"EdDSA\">>]}, {signing_keys, #{<<\"chat\">> => Key}}])
    end,
    [ok = erpc:call(Node, Accept) || Node <- [node() | nodes()]], ok." >/dev/null
