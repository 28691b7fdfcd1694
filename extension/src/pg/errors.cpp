// Class TX: status to SQLSTATE, message and hint, from the one list of errors.

#include "glue.hpp"

namespace tix::pg {

namespace {

struct ErrorText {
    const char* sqlstate;
    const char* message;
    const char* hint;
};

const ErrorText kErrors[] = {
#define TIX_ERROR(sqlstate, name, http, message, hint) {sqlstate, message, hint},
#define TIX_CONDITION(sqlstate, name, message, hint) {sqlstate, message, hint},
#include "../core/errors.def"
};

const struct {
    const char* name;
    Error error;
} kReasons[] = {
    {nullptr, Error::invalid_value},
#define TIX_REASON(name, http, error) {#name, Error::error},
#include "../core/errors.def"
};

int packed(const char* s) {
    return MAKE_SQLSTATE(s[0], s[1], s[2], s[3], s[4]);
}

}  // namespace

int sqlstate_of(Error error) {
    return packed(kErrors[static_cast<int>(error)].sqlstate);
}

void raise(Error error) {
    raise_detail(error, nullptr);
}

void raise_detail(Error error, const char* detail) {
    const ErrorText& e = kErrors[static_cast<int>(error)];
    ereport(ERROR, (errcode(packed(e.sqlstate)), errmsg("%s", e.message),
                    detail ? errdetail_internal("%s", detail) : 0, errhint("%s", e.hint)));
    pg_unreachable();
}

void raise_seat_unavailable(const Text& seat, const char* reason) {
    StringInfoData detail;
    initStringInfo(&detail);
    appendStringInfoString(&detail, "{\"seatId\":");
    escape_json(&detail, pnstrdup(seat.data, seat.size));
    appendStringInfo(&detail, ",\"reason\":\"%s\"}", reason);
    raise_detail(Error::seat_unavailable, detail.data);
}

const char* reason_name(Reason reason) {
    return kReasons[static_cast<int>(reason)].name;
}

void raise_reason(const char* reason, const char* detail) {
    for (u32 i = 1; i < lengthof(kReasons); i++)
        if (strcmp(kReasons[i].name, reason) == 0) raise_detail(kReasons[i].error, detail);
    elog(ERROR, "there is no reason \"%s\"", reason);
}

const char* state_name(SeatState state) {
    static const char* const names[] = {"free", "held", "confirming", "sold", "blocked"};
    return names[static_cast<int>(state)];
}

}  // namespace tix::pg
