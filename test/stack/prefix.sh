#!/usr/bin/env bash
# Copies Debian's PostgreSQL into .build/pg15 and installs the extension there; redone only when
# PostgreSQL or the extension changed. The copy keeps the layout, so that it finds its own files.
# With TIX_POINTS=1 it is a second copy, .build/pg15-points, whose tix has stop points.
# The extension is built in a mirror of its sources, so that PGXS leaves nothing in the checkout.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/test/stack/making.sh"

# Prints what the copy depends on: the version of the installed PostgreSQL.
postgres_version() {
    "$system_bin/postgres" --version
    dpkg-query -W "postgresql-$pg_major*" 2>/dev/null || true
}

# sources DIR: prints the files of the extension's tree in DIR, build products left out.
sources() {
    (cd "$1" && find . -type f ! -name '*.[od]' ! -name '*.so' ! -name '*.bc' | LC_ALL=C sort)
}

extension_checksum() {
    (cd "$root/extension" && sources . | xargs -d '\n' sha256sum | sha256sum)
    cat "$stamp"
}

copy_postgres() {
    local lib=usr/lib/postgresql share=usr/share/postgresql
    say "Copying PostgreSQL $pg_major into .build/${prefix_link##*/}"
    rm -rf "${prefix:?}/usr" "$stamp" "$installed"
    mkdir -p "$prefix/$lib" "$prefix/$share"
    cp -RP --preserve=mode,timestamps,links "/$lib/$pg_major" "$prefix/$lib/"
    cp -RP --preserve=mode,timestamps,links "/$share/$pg_major" "$prefix/$share/"
    chmod -R a+rX "$prefix"
    postgres_version >"$stamp"
}

# Makes the mirror equal to the sources; files that did not change keep their time for make.
mirror_extension() {
    local file
    mkdir -p "$mirror"
    LC_ALL=C comm -13 <(sources "$root/extension") <(sources "$mirror") |
        while IFS= read -r file; do rm -f "$mirror/$file"; done
    sources "$root/extension" | while IFS= read -r file; do
        cmp -s "$root/extension/$file" "$mirror/$file" ||
            install -D -m 644 "$root/extension/$file" "$mirror/$file"
    done
}

install_extension() {
    local options=(-C "$mirror" with_llvm=no PG_CONFIG="$system_bin/pg_config" DESTDIR="$prefix")
    rm -f "$installed"
    extension_checksum >"$build/tix-installing"
    mirror_extension
    make_part "Building the extension${variant:+ with stop points}" "extension$variant" \
        "${options[@]}" all
    make "${options[@]}" install >"$build/log/install.log" 2>&1 || {
        show_tail "$build/log/install.log"
        die "the extension could not be installed" "The output is in .build/log/install.log"
    }
    chmod -R a+rX "$prefix"
    mv "$build/tix-installing" "$installed"
}

mirror=$build/extension$variant
need_server_packages
[[ -f $root/extension/Makefile ]] || die "extension/Makefile is missing from the checkout"
need_own_build
mkdir -p "$build"
exec 9>"$build/prefix.lock"
flock 9
home_for "$prefix_link"
locate_prefix
stamp=$prefix/copied-from
installed=$prefix/tix-installed
cmp -s "$stamp" <(postgres_version) || copy_postgres
cmp -s "$installed" <(extension_checksum) || install_extension
