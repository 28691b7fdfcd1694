#!/usr/bin/env bash
# Plants bugs in the audit, one at a time, and shows that audit.sql finds each. Runs in the server
# of run.sh. A bug that no longer applies is an error.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
audit=$here/../../sql/audit

apply() {
    psql -X -q -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' \
        -c 'SET ROLE tix_owner' -f "$1"
}

plant() {  # plant FILE NAME SED-EXPRESSION
    local file=$audit/$1.sql name=$2 copy
    copy=$(mktemp)
    sed "$3" "$file" >"$copy"
    if cmp -s "$copy" "$file"; then
        echo "planted bug does not apply: $name" >&2
        return 1
    fi
    apply "$copy"
    rm -f "$copy"
    if pg_prove -Q "$here/audit.sql" >/dev/null 2>&1; then
        echo "NOT found   $name" >&2
        return 1
    fi
    echo "found   $name"
    apply "$file"
}

plant functions 'S2 trusts an index that is not there' 's/IF NOT proof_stands() THEN/IF false THEN/'
plant functions 'S2 overlooks a seat sold twice' 's/HAVING count(\*) > 1/HAVING count(*) > 2/'
plant functions 'S3 overlooks a sold seat without a ticket' \
    "s/(e.state IS NOT DISTINCT FROM 'sold') <> t.has_ticket/e.state <> 'sold' AND t.has_ticket/"
plant functions 'O3 overlooks the live hold of an ended order' \
    's/h.expires_at > clock_timestamp()/h.expires_at < clock_timestamp()/'
plant functions 'the quick run overlooks what triggers traced' \
    's/WHERE a.at >= since)/WHERE false)/'
plant functions 'the quick run trusts guards that were touched' 's/WHERE t.guards = seen)/)/'
plant orders 'O2 overlooks a missing ticket' 's/(f.wrong > 0 OR f.ticketed = 0)/f.ticketed = 0/'
plant orders 'the whole run suspects by the number of tickets alone' \
    's/t.n = i.n AND t.seats = i.seats/t.n = i.n/'
plant orders 'O4 overlooks a ticket that is paid back' 's/CASE WHEN f.doubly > 0 OR/CASE WHEN/'
plant orders 'O5 overlooks what the house keeps' 's/- f.worth - f.kept NOT/- f.worth NOT/'
plant traces 'a replication role leaves no trace' 's/ENABLE ALWAYS TRIGGER/ENABLE TRIGGER/'
plant traces 'any index is a proof' 's/AND x.indisunique AND x.indisvalid/AND x.indisvalid/'
pg_prove -Q "$here/audit.sql"
