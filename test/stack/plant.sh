# Planting bugs in a copy of the extension; meant to be sourced, after lib.sh.

# replace FILE OLD NEW: changes the one place where OLD stands; anything else is an error.
replace() {
    OLD=$2 NEW=$3 perl -0pi -e '$n = s/\Q$ENV{OLD}\E/$ENV{NEW}/g; END { exit($n != 1) }' "$1" ||
        die "the planted bug does not apply: '$2' does not stand once in ${1##*/}"
}

# build_planted NAME DIR LOG: builds DIR/extension and installs it into DIR/prefix.
build_planted() {
    if ! make -C "$2/extension" -j2 PG_CONFIG="$system_bin/pg_config" \
        DESTDIR="$2/prefix" install >"$3" 2>&1; then
        show_tail "$3"
        die "the planted bug $1 cannot be built"
    fi
    chmod -R a+rX "$2/prefix"
}
