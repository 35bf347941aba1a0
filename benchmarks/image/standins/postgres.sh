# What the official image does at its start: a first one makes the data and runs the scripts of the operator.
set -eu
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    initdb --pgdata "$PGDATA" --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" \
        --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait --options "-c listen_addresses= -c unix_socket_directories=/run/postgresql" start
    for script in /docker-entrypoint-initdb.d/*.sh; do PGHOST=/run/postgresql sh "$script"; done
    pg_ctl --wait stop
fi
exec postgres -c "listen_addresses=*" -c unix_socket_directories=/run/postgresql
