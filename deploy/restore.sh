#!/usr/bin/env bash
# Restore what deploy/backup.sh wrote: deploy/restore.sh DIRECTORY
#
# Into an empty database and an empty bucket, with web, workers and beat stopped. With compose:
#   docker compose up -d postgres redis seaweedfs prepare-store
#   docker compose run --rm --no-deps --volume /srv/backup:/backup web deploy/restore.sh /backup
# The bucket goes first: no row may name bytes that are not there. A clip withdrawn after the backup
# is back in its old state: withdraw it again from the list of withdrawals that was published.
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
: "${DATABASE_URL:?is not set}" "${S3_BUCKET:?is not set}"
directory=$(cd "$1" && pwd)
python=${PYTHON:-python3}
[ -f "$directory/finished" ] || { echo "$0: $directory holds no finished backup" >&2; exit 1; }
cd "$(dirname "$0")/.."

"$python" -m deploy.copy_bucket in "$directory"
case $DATABASE_URL in
  postgres*)
    pg_restore --no-owner --exit-on-error --single-transaction --dbname="$DATABASE_URL" \
      "$directory/database.dump" ;;
  sqlite:///*)
    target=${DATABASE_URL#sqlite:///}
    [ ! -s "$target" ] || { echo "$0: there is a database already: $target" >&2; exit 1; }
    cp "$directory/database.sqlite3" "$target" ;;
  *) echo "$0: DATABASE_URL is neither PostgreSQL nor SQLite" >&2; exit 2 ;;
esac
"$python" manage.py migrate --noinput
echo "restored from $directory, backed up at $(cat "$directory/finished")"
