// A request of tix_lock_batch: one JSON object, read into what tix_lock_seats takes.
//
// Memory. Labels and keys are used where they are, in the jsonb; a request allocates its list of
// seats with the room for their answers, and nothing else.

#include "lock_request.hpp"

namespace tix::pg {

namespace {

enum Field : u32 {
    kTtl,
    kUser,
    kOrphans,
    kSeats,
    kChannels,
    kSession,
    kInto,
    kKey,
    kFields,
};

// The fields in the order in which jsonb keeps keys: short ones first.
const struct {
    const char* name;
    u32 size;
    const char* expected;
} kFieldNames[kFields] = {
    {"ttl", 3, "seconds, greater than zero and at most 7 days"},
    {"userId", 6, "a uuid"},
    {"orphans", 7, "\"allow\" or \"avoid\""},
    {"seatIds", 7, "an array of at least one string"},
    {"channels", 8, "an array of at most 32 strings"},
    {"sessionId", 9, "a uuid"},
    {"intoLockId", 10, "a lockId, as a string or a number"},
    {"idempotencyKey", 14, "a string of 1 to 255 bytes"},
};
static_assert(kChannelsPerSessionMax == 32 && kIdempotencyKeyBytesMax == 255);

constexpr u32 kRequired = (1u << kUser) | (1u << kSeats) | (1u << kSession);

u32 field_of(const JsonbValue& key) {
    for (u32 f = 0; f < kFields; f++)
        if (kFieldNames[f].size == static_cast<u32>(key.val.string.len) &&
            memcmp(kFieldNames[f].name, key.val.string.val, kFieldNames[f].size) == 0)
            return f;
    return kFields;
}

Text text_of(const JsonbValue& v) {
    return {v.val.string.val, static_cast<u32>(v.val.string.len)};
}

bool read_text(const JsonbValue& v, Text* out) {
    if (v.type != jbvString) return false;
    *out = text_of(v);
    return true;
}

// The value of a hexadecimal digit; of any other byte more than 15.
struct HexDigits {
    u8 value[256];

    constexpr HexDigits() : value() {
        for (u32 c = 0; c < 256; c++)
            value[c] = 0xFF;
        for (u8 i = 0; i < 10; i++)
            value['0' + i] = i;
        for (u8 i = 0; i < 6; i++)
            value['a' + i] = value['A' + i] = static_cast<u8>(10 + i);
    }
    u32 of(char c) const { return value[static_cast<u8>(c)]; }
};
constexpr HexDigits kHex;

// 8-4-4-4-12 digits: the form in which PostgreSQL prints it.
bool read_uuid(const JsonbValue& v, Uuid* out) {
    Text t;
    if (!read_text(v, &t) || t.size != 36) return false;
    u8 byte[16];
    u32 all = 0;
    const char* at = t.data;
    for (u32 i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-') return false;
        const u32 high = kHex.of(at[0]), low = kHex.of(at[1]);
        all |= high | low;
        byte[i] = static_cast<u8>(high << 4 | low);
        at += 2;
    }
    if (all > 15) return false;
    memcpy(&out->hi, byte, 8);
    memcpy(&out->lo, byte + 8, 8);
    return true;
}

bool same_numeric(Numeric a, Numeric b) {
    return a != nullptr && VARSIZE_ANY(a) == VARSIZE_ANY(b) && memcmp(a, b, VARSIZE_ANY(a)) == 0;
}

bool read_ttl(const JsonbValue& v, KnownTtl* known, LockTerms* terms) {
    if (v.type != jbvNumeric) return false;
    if (!same_numeric(known->numeric, v.val.numeric)) {
        const float8 seconds = DatumGetFloat8(
            DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(v.val.numeric)));
        const float8 micros = seconds * 1e6;
        if (!(micros >= 1 && micros <= static_cast<float8>(kTtlMaxMicros))) return false;
        *known = {v.val.numeric, static_cast<Micros>(micros)};
    }
    terms->ttl_asked = known->micros;
    terms->ttl = capped_ttl(terms->ttl_asked);
    return true;
}

bool read_orphans(const JsonbValue& v, LockTerms* terms) {
    Text word;
    if (!read_text(v, &word) || word.size != 5) return false;
    terms->avoid_orphans = memcmp(word.data, "avoid", 5) == 0;
    return terms->avoid_orphans || memcmp(word.data, "allow", 5) == 0;
}

bool read_lock_id(const JsonbValue& v, u64* out) {
    Text t;
    if (v.type == jbvNumeric) {
        t.data = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(v.val.numeric)));
        t.size = static_cast<u32>(strlen(t.data));
    } else if (!read_text(v, &t)) {
        return false;
    }
    if (t.size == 0 || t.size > 19) return false;
    u64 id = 0;
    for (u32 i = 0; i < t.size; i++) {
        if (t.data[i] < '0' || t.data[i] > '9') return false;
        id = id * 10 + static_cast<u64>(t.data[i] - '0');
    }
    *out = id;
    return id > 0 && id <= static_cast<u64>(PG_INT64_MAX);
}

// A list of strings. More than n_max: only their number.
bool read_list(const JsonbValue& v, int n_max, TextList* out) {
    if (v.type != jbvBinary || !JsonContainerIsArray(v.val.binary.data)) return false;
    *out = {nullptr, static_cast<int>(JsonContainerSize(v.val.binary.data))};
    if (out->n > n_max) return true;
    out->text = static_cast<Text*>(palloc(sizeof(Text) * (out->n > 0 ? out->n : 1)));
    JsonbIterator* it = JsonbIteratorInit(v.val.binary.data);
    JsonbValue element;
    JsonbIteratorToken token;
    int n = 0;
    while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
        if (token == WJB_ELEM && !read_text(element, &out->text[n++])) return false;
    return true;
}

bool read_key(const JsonbValue& v, Text* out) {
    return read_text(v, out) && out->size >= 1 && out->size <= kIdempotencyKeyBytesMax;
}

bool read_field(u32 field, const JsonbValue& v, KnownTtl* ttl, ListedRequest* r) {
    switch (field) {
        case kTtl:
            return read_ttl(v, ttl, &r->terms);
        case kUser:
            return read_uuid(v, &r->owner);
        case kOrphans:
            return read_orphans(v, &r->terms);
        case kSeats:
            return read_list(v, settings.max_seats_per_lock, &r->list) && r->list.n > 0;
        case kChannels:
            return read_list(v, kChannelsPerSessionMax, &r->terms.channels) &&
                   r->terms.channels.text != nullptr;
        case kSession:
            return read_uuid(v, &r->session);
        case kInto:
            return read_lock_id(v, &r->into);
        case kKey:
            return read_key(v, &r->terms.idempotency_key);
        default:
            return false;
    }
}

void blame(u32 field, BatchRequest* out) {
    out->bad = {kFieldNames[field].name, kFieldNames[field].size};
    out->expected = kFieldNames[field].expected;
}

}  // namespace

void read_request(JsonbContainer* object, KnownTtl* ttl, BatchRequest* out) {
    JsonbIterator* it = JsonbIteratorInit(object);
    JsonbValue key, value;
    JsonbIteratorToken token;
    u32 seen = 0;
    while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE) {
        if (token != WJB_KEY) continue;
        (void)JsonbIteratorNext(&it, &value, true);
        const u32 field = field_of(key);
        if (field == kFields) {
            out->bad = text_of(key);
            out->expected = "no such field";
            return;
        }
        if (value.type == jbvNull) continue;  // as if it were not there
        if (!read_field(field, value, ttl, &out->seats)) return blame(field, out);
        seen |= 1u << field;
    }
    for (u32 f = 0; f < kFields; f++)
        if ((kRequired & ~seen) >> f & 1) return blame(f, out);
    if (out->seats.list.text != nullptr) out->seats.buffer = seat_buffers(out->seats.list.n);
}

Answer malformed_answer(Text field, const char* expected) {
    JsonbParseState* state = nullptr;
    const auto push = [&](JsonbIteratorToken token, Text t) {
        JsonbValue v;
        v.type = jbvString;
        v.val.string.val = const_cast<char*>(t.data);
        v.val.string.len = static_cast<int>(t.size);
        pushJsonbValue(&state, token, &v);
    };
    pushJsonbValue(&state, WJB_BEGIN_ARRAY, nullptr);
    pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
    push(WJB_KEY, {"field", 5});
    push(WJB_VALUE, field);
    push(WJB_KEY, {"expected", 8});
    push(WJB_VALUE, {expected, static_cast<u32>(strlen(expected))});
    pushJsonbValue(&state, WJB_END_OBJECT, nullptr);
    Answer a;
    a.reason = Reason::malformed;
    a.conflicts = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, nullptr));
    return a;
}

}  // namespace tix::pg
