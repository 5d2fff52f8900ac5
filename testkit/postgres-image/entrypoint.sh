#!/bin/sh
# Create the database at the first start, as the entry point of the image postgres:17 does, and run the server.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # unquoted: each word is an option
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth=scram-sha-256 $POSTGRES_INITDB_ARGS
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -j postgres
fi
exec postgres -c listen_addresses='*'
