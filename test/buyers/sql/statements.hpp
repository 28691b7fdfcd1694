// The SQL that buyers, payment provider and watcher send; each connection prepares all of it.
#pragma once

namespace tix::buyers::sql {

struct Statement {
    const char* name;
    const char* sql;
};

inline constexpr Statement kStatements[] = {
    {"begin", "BEGIN"},
    {"rollback", "ROLLBACK"},
    {"lock", "SELECT * FROM tix.tix_lock_seats($1::uuid, $2::text[], $3::uuid, $4::interval)"},
    {"best",
     "SELECT * FROM tix.tix_lock_best($1::uuid, $2::int, $3::uuid, areas => $4::text[],"
     " ttl => $5::interval)"},
    {"add",
     "SELECT * FROM tix.tix_lock_seats($1::uuid, $2::text[], $3::uuid,"
     " into_lock_id => $4::bigint)"},
    {"release", "SELECT * FROM tix.tix_release_seats($1::bigint, $2::uuid, $3::text[])"},
    {"order", "SELECT * FROM tix.tix_create_order(ARRAY[$1::bigint], $2::uuid, 'mock')"},
    {"cancel", "SELECT * FROM tix.tix_cancel_order($1::uuid, $2::uuid)"},
    {"begin_payment", "SELECT * FROM tix.tix_begin_payment($1::uuid, 'mock')"},
    {"payment_event",
     "SELECT * FROM tix.tix_payment_event('mock', $1::text, $2::text, $3::text, $4::uuid,"
     " $5::bigint, $6::text, '{}'::jsonb)"},
    {"tickets",
     "SELECT ticket_id, seat_id FROM tix.tickets WHERE order_id = $1::uuid AND status = 'valid'"},
    {"changes",
     "SELECT seq, ordinal, state FROM tix.tix_changes($1::bigint, $2::uuid, max_rows => 50000)"},
    {"map", "SELECT seq, encode(states, 'hex') AS states FROM tix.tix_seat_map($1::uuid)"},
};

}  // namespace tix::buyers::sql
