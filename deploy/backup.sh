#!/usr/bin/env bash
# Back up the database and the bucket into DIRECTORY: deploy/backup.sh DIRECTORY
#
# Takes the platform's own settings from the environment (DATABASE_URL, S3_*). With compose:
#   docker compose run --rm --volume /srv/backup:/backup web deploy/backup.sh /backup
# Beside `make run`: set -a; . var/run.env; set +a; deploy/backup.sh DIRECTORY
#
# The database goes first: every object that it knows as stored is then still to come. Bytes erased
# at a speaker's wish leave the copied bucket at the next backup; keep older database dumps no
# longer than your consent forms promise. Label Studio's database is a service of its own: see the end.
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
: "${DATABASE_URL:?is not set}" "${S3_BUCKET:?is not set}"
mkdir -p "$1"
directory=$(cd "$1" && pwd)
python=${PYTHON:-python3}
umask 077

case $DATABASE_URL in
  postgres*)
    pg_dump --format=custom --no-owner --file="$directory/database.dump.new" "$DATABASE_URL"
    mv "$directory/database.dump.new" "$directory/database.dump" ;;
  sqlite:///*)
    # A copy of the file would miss what is still in the write-ahead log.
    "$python" - "${DATABASE_URL#sqlite:///}" "$directory/database.sqlite3.new" <<'PYTHON'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as source, sqlite3.connect(sys.argv[2]) as target:
    source.backup(target)
PYTHON
    mv "$directory/database.sqlite3.new" "$directory/database.sqlite3" ;;
  *) echo "$0: DATABASE_URL is neither PostgreSQL nor SQLite" >&2; exit 2 ;;
esac

cd "$(dirname "$0")/.."
"$python" -m deploy.copy_bucket out "$directory"
date -u +%Y-%m-%dT%H:%M:%SZ >"$directory/finished"
echo "backed up to $directory"

# Label Studio (answers that were not pulled yet live only there):
#   docker compose exec -T label-studio-database pg_dump --username=labelstudio --format=custom labelstudio
