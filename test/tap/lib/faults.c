// Preloaded into a server under test: sets its wall clock, fills its disk, breaks its fsync.
//
// The file that TIX_FAULTS names is shared by all its processes and holds a struct faults; a test
// writes to it while they run. A full disk refuses what would make a file longer, no more.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct faults {
    int64_t clock_seconds;  // added to the wall clock
    int64_t full_data;      // not 0: no room for base/
    int64_t full_wal;       // not 0: no room for pg_wal/
    int64_t broken_fsync;   // not 0: fsync answers EIO for base/ and pg_wal/
};

static const struct faults none;
static const volatile struct faults* faults = &none;

__attribute__((constructor)) static void open_faults(void) {
    const char* name = getenv("TIX_FAULTS");
    const int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void* map = mmap(NULL, sizeof(struct faults), PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) faults = map;
    close(file);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_in(int file, const char* folder) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return strstr(path, folder) != NULL;
}

static int no_room(int file, off_t end) {
    struct stat st;
    if (!faults->full_data && !faults->full_wal) return 0;
    if (fstat(file, &st) != 0 || !S_ISREG(st.st_mode) || end <= st.st_size) return 0;
    return (faults->full_data && is_in(file, "/base/")) ||
           (faults->full_wal && is_in(file, "/pg_wal/"));
}

static ssize_t disk_full(void) {
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
    return no_room(file, at + size) ? disk_full() : NEXT(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, size_t size, off_t at) {
    return pwrite(file, data, size, at);
}

ssize_t pwritev(int file, const struct iovec* part, int parts, off_t at) {
    off_t end = at;
    for (int i = 0; i < parts; i++)
        end += part[i].iov_len;
    return no_room(file, end) ? disk_full() : NEXT(pwritev)(file, part, parts, at);
}

ssize_t pwritev64(int file, const struct iovec* part, int parts, off_t at) {
    return pwritev(file, part, parts, at);
}

int posix_fallocate(int file, off_t at, off_t size) {
    return no_room(file, at + size) ? ENOSPC : NEXT(posix_fallocate)(file, at, size);
}

static int broken(int file) {
    return faults->broken_fsync && (is_in(file, "/base/") || is_in(file, "/pg_wal/"));
}

int fsync(int file) {
    errno = EIO;
    return broken(file) ? -1 : NEXT(fsync)(file);
}

int fdatasync(int file) {
    errno = EIO;
    return broken(file) ? -1 : NEXT(fdatasync)(file);
}

int clock_gettime(clockid_t clock, struct timespec* t) {
    const int status = NEXT(clock_gettime)(clock, t);
    if (clock == CLOCK_REALTIME) t->tv_sec += faults->clock_seconds;
    return status;
}

int gettimeofday(struct timeval* restrict t, void* restrict zone) {
    const int status = NEXT(gettimeofday)(t, zone);
    t->tv_sec += faults->clock_seconds;
    return status;
}

time_t time(time_t* t) {
    const time_t now = NEXT(time)(NULL) + faults->clock_seconds;
    if (t) *t = now;
    return now;
}
