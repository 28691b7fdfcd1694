#!/usr/bin/env bash
# Plants bugs in a copy of the extension and shows that the TAP tests find each; part of run.sh.
# The copy has stop points, and all is compiled but what a bug changes.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export TIX_POINTS=1
source "$lane/../stack/lib.sh"
source "$lane/../stack/plant.sh"
forget_pg_environment
"$lane/../stack/prefix.sh"
locate_prefix
work=$(server_dir planted)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
missed=0

# plant NAME TEST FILE OLD NEW [FILE OLD NEW…]: builds the bug and expects TEST to fail.
plant() {
    local name=$1 test=$2 log=$work/$1.log
    shift 2
    rm -rf "$work/extension"
    cp -a "$build/extension-points" "$work/extension"
    while (($#)); do
        replace "$work/extension/src/$1" "$2" "$3"
        shift 3
    done
    build_planted "$name" "$work" "$log"
    if TIX_POINTS='' TIX_PREFIX=$work/prefix "$lane/run.sh" "$test" >"$log" 2>&1; then
        say "MISSED  $name: $test passes"
        missed=$((missed + 1))
    elif ! grep -q 'Failed test' "$log"; then
        show_tail "$log"
        die "$test broke down with the planted bug $name instead of failing"
    else
        say "found   $name: $(grep -c 'Failed test' "$log") failures in $test"
    fi
}

mkdir "$work/prefix"
cp -a "$prefix/usr" "$work/prefix/"
plant releases_ignored clean_restart_keeps_holds.pl \
    pg/live_holds.cpp "if (e.kind != 'r' && e.kind != 's')" "if (e.kind != 's')"
plant extensions_ignored clean_restart_keeps_holds.pl \
    pg/live_holds.cpp "static_cast<int>(x.version) - static_cast<int>(y.version)" \
    "static_cast<int>(y.version) - static_cast<int>(x.version)"
plant clock_not_clamped clean_restart_keeps_holds.pl \
    pg/live_holds.cpp "if (h->clamped) h->spec.deadline = latest;" ""
plant age_forgotten clean_restart_keeps_holds.pl \
    pg/live_holds.cpp "e.acquired_at != 0 ? e.acquired_at : e.at" "e.at"
plant order_forgotten clean_restart_keeps_holds.pl \
    pg/live_holds.cpp "e.kind != 'g' && e.acquired_at == 0" "e.kind == 'o'"
plant generation_not_raised clean_restart_keeps_holds.pl \
    pg/loader.cpp "THEN 1 ELSE" "THEN 0 ELSE" \
    pg/loader.cpp "max(lock_id) >> 47, 0) + 1" "max(lock_id) >> 47, 0) + 0"
plant dead_rows_read recovery_reads_only_live_rows.pl \
    pg/journal_read.cpp "return scan(key, 2);" "return scan(key, 1);"
plant sessions_not_asked recovery_reads_only_live_rows.pl \
    pg/token_functions.cpp "i < n && answer.status" "i < n && i < 1 && answer.status"
plant ends_by_the_clock the_wall_clock_may_jump.pl \
    pg/journal.cpp "(ends ? wall.highest : wall.now)" "wall.now"
plant generation_does_not_leap lagging_standby_forgets_only_its_lag.pl \
    pg/loader.cpp "kClusterChangedStep = 1000" "kClusterChangedStep = 1"
plant opens_before_its_holds loader_killed_is_never_half_open.pl \
    pg/loader.cpp "TIX_POINT(loader_built);" "publish(room); TIX_POINT(loader_built);"
plant tokens_unchecked_at_commit stopped_holder_cannot_confirm.pl \
    pg/xact.cpp "if (lost != 0)" "if (false && lost != 0)"
plant abort_keeps_its_pins broken_clients_leave_nothing.pl \
    core/xact.cpp "Hold* h = undo(arena, e, now);
    unpin_block(arena, e);" "Hold* h = undo(arena, e, now);"
plant deadlines_by_the_wall_clock clock_jumps_change_no_deadline.pl \
    pg/shmem.cpp "clock_gettime(CLOCK_BOOTTIME" "clock_gettime(CLOCK_REALTIME"
plant versions_not_compared library_of_another_version_says_so.pl \
    pg/version.cpp "strcmp(installed, TIX_VERSION) != 0" "false"
plant points_shipped releases_have_no_stop_points.pl
((missed == 0)) || die "$missed planted bugs were not found"
