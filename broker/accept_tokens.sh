#!/bin/sh
# Let the running nodes accept the tokens of sessions: broker/accept_tokens.sh PUBLIC_KEY_FILE
#
# rabbitmq.conf says the same to a node that starts. This script is for a node that an older version has started, and for
# one that started with another key. rabbitmqctl finds the broker by its own variables.
set -eu
key=$(sed 's/$/\\n/' "$1" | tr -d '\n')

# A node that runs may see an older file of enabled plugins than the one beside this script: a container mounts the file
# that was there when it started. So the script gives RabbitMQ a list for a moment: the plugins that run, and the new ones.
rabbitmqctl -q eval "
    Wanted = [rabbitmq_auth_backend_oauth2, rabbitmq_event_exchange],
    Accept = fun() ->
        {ok, File} = application:get_env(rabbit, enabled_plugins_file),
        case Wanted -- rabbit_plugins:active() of
            [] -> ok;
            _ ->
                Ours = filename:join(\"/tmp\", \"enabled_plugins.\" ++ os:getpid()),
                List = lists:usort(Wanted ++ rabbit_plugins:active()),
                ok = file:write_file(Ours, io_lib:format(\"~p.~n\", [List])),
                application:set_env(rabbit, enabled_plugins_file, Ours),
                try {ok, _Started, _Stopped} = rabbit_plugins:ensure(Ours)
                after
                    application:set_env(rabbit, enabled_plugins_file, File),
                    file:delete(Ours)
                end
        end,
        application:set_env(rabbit, auth_mechanisms, ['PLAIN']),
        application:set_env(rabbit, auth_backends, [rabbit_auth_backend_internal, rabbit_auth_backend_oauth2]),
        OAuth2 = rabbitmq_auth_backend_oauth2,
        application:set_env(OAuth2, resource_server_id, <<\"chat\">>),
        Key = {pem, <<\"$key\">>},
        application:set_env(OAuth2, key_config, [
            {default_key, <<\"chat\">>}, {algorithms, [<<\"EdDSA\">>]}, {signing_keys, #{<<\"chat\">> => Key}}])
    end,
    [ok = erpc:call(Node, Accept) || Node <- [node() | nodes()]], ok." >/dev/null
