# Turns of the load client against one system after the other; meant to be sourced by measure.sh.
# Uses its variables: bench, work, client (the load client), walked and others (sessions), buyer.

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# session_of SEATS SOLD NUMBER: the uuid that tells bench.load_seats how many seats it has, and how
# many of them are sold.
session_of() { printf 'b00000%02d-0000-4000-%s-%012d\n' "$3" "$2" "$1"; }

load_session() {
    PGOPTIONS="-c tix.load_timeout=300000" \
        sql "SELECT seats FROM tix.tix_load_session('$1')" >/dev/null
}

# Makes a system's tables what they were before its first turn: every seat free, statistics true.
# All are emptied the same way; what their designs keep a row of for every seat is filled again.
# Autovacuum is on, as shipped.
clean() {
    case $1 in
        redis) redis-cli -s "$(redis_socket "$2")" flushall >/dev/null ;;
        tix | short_tix | batch_tix | jsonb_tix | best_tix) sql "TRUNCATE tix.holds" ;;
        row) sql "TRUNCATE bench.holds" ;;
        advisory) sql "TRUNCATE bench.holds_advisory" ;;
        insert) sql "TRUNCATE bench.holds_plain" ;;
        lost_insert)
            sql "TRUNCATE bench.holds_plain"
            sql "INSERT INTO bench.holds_plain VALUES ('$walked', '$walked_seats', '$holder',
                'infinity')"
            ;;
        update | skip_locked | for_update)
            sql "TRUNCATE bench.seats_plain"
            sql "INSERT INTO bench.seats_plain SELECT '$walked', i::text, NULL, '-infinity'
                FROM generate_series(1, $walked_seats) i"
            sql "VACUUM ANALYZE bench.seats_plain"
            ;;
        best_skip_locked | any_skip_locked)
            sql "TRUNCATE bench.seats_ranked"
            sql "INSERT INTO bench.seats_ranked SELECT '$walked', i, i::text, NULL, '-infinity'
                FROM generate_series(1, $walked_seats) i"
            sql "VACUUM ANALYZE bench.seats_ranked"
            ;;
    esac
    sleep 0.2 # until the holds of the turn before have lapsed
}

# load_turn LOAD SETTINGS OPTION…: one run of the client. LOAD is a script of load/, or redis, and
# then SETTINGS is the way it keeps data.
load_turn() {
    local script=$1 settings=$2 to
    shift 2
    to=--statement=$bench/load/$script.sql
    if [[ $script == redis ]]; then
        to=--redis=$(redis_socket "$settings")
        settings=
    fi
    PGOPTIONS=$settings "$client" "$to" --user="$buyer" "$@" --seconds="$ROUND_SECONDS" \
        >"$work/said" 2>"$work/error"
}

# Whether a turn measured what its group is for: losers in the groups of lost races and, up to 1 %,
# winners elsewhere; a hot turn has both, and SELECT 1 neither.
as_named() {
    [[ $2 != select_1 ]] || return 0
    awk -v group="$1" '{
        if (group ~ /^lost|^four_lost/) exit !($4 == 0)
        exit !(group ~ /^hot/ || $6 <= 0.01 * $2)
    }' "$work/said"
}

# turn GROUP CLIENTS ROUND SYSTEM LOAD SETTINGS OPTION…: one measured turn. A turn in which a
# backend got no processor for a whole TTL, so that its COMMIT found the hold lost or the walk met
# held seats, tells nothing and is repeated.
turn() {
    local head="$1 $2 $3 $4" group=$1 clients=$2 system=$4 load=$5 settings=$6 attempt
    shift 6
    for attempt in 1 2 3 4 5; do
        clean "$load" "$settings"
        if load_turn "$load" "$settings" --clients="$clients" "$@"; then
            if as_named "$group" "$load"; then
                awk -v head="$head" '{ print head, $8, $12 }' "$work/said" >>"$work/turns"
                return
            fi
            cp "$work/said" "$work/error"
        elif ! grep -q 'lock is lost' "$work/error"; then
            break
        fi
        say "$group: a turn of $system is repeated: $(<"$work/error")" >&2
    done
    cat "$work/error" >&2
    die "$system of the group $group could not be measured"
}

wanted() { [[ " $GROUPS_ONLY " == *" $1 "* ]]; }

# group NAME CLIENTS OPTIONS SYSTEM:LOAD:SETTINGS…: the rounds of one group, for each number of
# clients, the systems taking turns.
group() {
    local name=$1 numbers=$2 options clients round entry system load settings
    read -ra options <<<"$3"
    shift 3
    for clients in $numbers; do
        sql "CHECKPOINT"
        for ((round = 1; round <= ROUNDS; round++)); do
            printf '%s, %s clients: round %d of %d\n' "$name" "$clients" "$round" "$ROUNDS" >&2
            for entry in "$@"; do
                IFS=: read -r system load settings <<<"$entry"
                turn "$name" "$clients" "$round" "$system" "$load" "$settings" \
                    --session="$walked" --seats="$walked_seats" "${options[@]}"
            done
        done
    done
}
