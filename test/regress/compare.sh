# Runs the regression programs of PostgreSQL on a throw-away server; sourced by their lanes.

# compare_with_expected LANE PROGRAM KIND [NAME…]: runs LANE's KIND files (sql or spec), or those
# named, by PROGRAM, a path under PostgreSQL's src/test, in a database with seats.sql, and compares
# with LANE/expected.
# TIX_KEEP=yes takes the new answers into expected/ (read them before you commit them).
compare_with_expected() {
    local lane=$1 program=$2 kind=$3 folder=$3 out file status=0 tests
    shift 3
    [[ $kind == sql ]] || folder=specs
    out=$(mktemp -d)
    tests=("$@")
    for file in "$lane/$folder"/*."$kind"; do
        (($#)) || tests+=("$(basename "$file" ".$kind")")
    done
    psql -Xqd postgres -c 'CREATE DATABASE regression' \
        -c 'ALTER DATABASE regression SET search_path = tix, public' \
        -c "ALTER DATABASE regression SET lc_messages = 'C'"
    psql -Xqd regression -v ON_ERROR_STOP=1 -f "$lane/../regress/seats.sql" >"$out/seats.log"
    "$(dirname "$(pg_config --pgxs)")/../test/$program" --use-existing \
        --dbname=regression --inputdir="$lane" --outputdir="$out" \
        --bindir="$(dirname "$(command -v psql)")" "${tests[@]}" || status=$?
    if ((status)); then
        cat "$out/regression.diffs" || true
    fi
    if [[ ${TIX_KEEP:-} == yes ]]; then
        cp "$out"/results/*.out "$lane/expected/"
    fi
    rm -rf "$out"
    return "$status"
}
