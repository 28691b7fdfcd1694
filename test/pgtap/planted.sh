#!/usr/bin/env bash
# Plants bugs in the audit, one at a time, and shows that audit.sql finds each. Runs in the server
# of run.sh. A bug that no longer applies is an error.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
audit=$here/../../sql/audit/functions.sql

apply() { psql -X -q -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' -f "$1"; }

plant() {  # plant NAME SED-EXPRESSION
    local copy
    copy=$(mktemp)
    sed "$2" "$audit" >"$copy"
    if cmp -s "$copy" "$audit"; then
        echo "planted bug does not apply: $1" >&2
        return 1
    fi
    apply "$copy"
    rm -f "$copy"
    if pg_prove -Q "$here/audit.sql" >/dev/null 2>&1; then
        echo "NOT found   $1" >&2
        return 1
    fi
    echo "found   $1"
}

plant 'S2 overlooks a seat sold twice' 's/HAVING count(\*) > 1/HAVING count(*) > 2/'
plant 'S3 overlooks a sold seat without a ticket' \
    's/WHERE s.seat_id IS NULL OR t.seat_id IS NULL/WHERE s.seat_id IS NULL/'
plant 'O2 overlooks a missing ticket' \
    's/HAVING count(t.ticket_id) <> 1/HAVING count(t.ticket_id) > 1/'
plant 'O3 overlooks the live hold of an ended order' \
    's/h.expires_at > clock_timestamp()/h.expires_at < clock_timestamp()/'
apply "$audit"
pg_prove -Q "$here/audit.sql"
