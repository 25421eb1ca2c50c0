/* Stands between a program and the kernel for all that changes files below one folder.
 *
 * Preloaded into every process of a run (LD_PRELOAD). Counts those calls over all processes, and
 *   FAULTS_AT=N FAULTS_ACTION=...   does something to the N-th: "EIO" and "ENOSPC" make it fail,
 *                                   "full" this one and all later ones that need space,
 *                                   "short" writes half of it, "kill-before" and "kill-after" kill
 *                                   the process group;
 *   FAULTS_JOURNAL=FILE             writes each down with its bytes, for what a power cut leaves;
 *   FAULTS_CLOCK_S=SECONDS          sets the clock of the processes forward, or back.
 * FAULTS_HOME is the folder; FAULTS_STATE a file of 4096 zero bytes, which holds the count.
 * Not seen: what the C library writes by itself (fopen), and memory that is mapped to a file. The
 * journal's reader compares what it replayed with the folder, and so finds whether any is missing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, SYNC_ALL };

struct state {
    _Atomic uint64_t calls;   /* how many so far, over all processes */
    _Atomic uint64_t struck;  /* how many of them were failed or killed at */
    _Atomic int lock;         /* of the journal */
};

struct head { /* of a record of the journal; the two paths and the data follow */
    uint32_t magic, op;
    int32_t pid, tid;
    uint64_t inode;
    int64_t offset, length;
    uint32_t path, path2, data, pad;
};

static struct state *state;
static char home[PATH_MAX];
static size_t home_length;
static uint64_t at;
static const char *action = "";
static int journal = -1;
static int64_t clock_s;
static __thread int marked; /* this thread's call is the one to be killed after */

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULTS_HOME"), *file = getenv("FAULTS_STATE");
    if (getenv("FAULTS_CLOCK_S")) clock_s = atoll(getenv("FAULTS_CLOCK_S"));
    if (!folder || !file) return;
    snprintf(home, sizeof home, "%s", folder);
    home_length = strlen(home);
    int fd = syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) return;
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (map == MAP_FAILED) return;
    if (getenv("FAULTS_AT")) at = strtoull(getenv("FAULTS_AT"), NULL, 10);
    if (getenv("FAULTS_ACTION")) action = getenv("FAULTS_ACTION");
    if (getenv("FAULTS_JOURNAL")) {
        int low = syscall(SYS_openat, AT_FDCWD, getenv("FAULTS_JOURNAL"),
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        journal = fcntl(low, F_DUPFD_CLOEXEC, 900); /* out of the way of what a program counts on */
        syscall(SYS_close, low);
    }
    state = map;
}

/* ------------------------------------------------------------------ which calls are meant */

static int below(const char *path) {
    return state && strncmp(path, home, home_length) == 0 &&
           (path[home_length] == '/' || path[home_length] == 0);
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

static int absolute(int folder, const char *name, char *path) {
    if (!state || !name) return 0;
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char base[PATH_MAX] = "";
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            path_of(folder, base);
        }
        if (strlen(base) + strlen(name) + 2 > PATH_MAX) return 0;
        strcpy(path, base);
        strcat(path, "/");
        strcat(path, name);
    }
    return below(path);
}

/* ------------------------------------------------------------------ what is done to them */

/* Counts a call. 0: go on; an errno: fail with it; -1: a short write. */
static int strike(int needs_space) {
    uint64_t number = atomic_fetch_add(&state->calls, 1) + 1;
    if (!at || number < at) return 0;
    if (strcmp(action, "full") == 0) {
        if (!needs_space) return 0;
        atomic_fetch_add(&state->struck, 1);
        return ENOSPC;
    }
    if (number != at) return 0;
    atomic_fetch_add(&state->struck, 1);
    if (strcmp(action, "kill-before") == 0) kill(0, SIGKILL);
    marked = strcmp(action, "kill-after") == 0;
    if (strcmp(action, "EIO") == 0) return EIO;
    if (strcmp(action, "ENOSPC") == 0) return ENOSPC;
    if (strcmp(action, "short") == 0) return -1;
    return 0;
}

static void after(void) {
    if (marked) kill(0, SIGKILL);
}

static void lock(void) {
    if (journal < 0) return;
    for (int tries = 0; tries < 20000; tries++) { /* two seconds: its holder may have been killed */
        int free = 0;
        if (atomic_compare_exchange_strong(&state->lock, &free, 1)) return;
        struct timespec pause = {0, 100000};
        syscall(SYS_nanosleep, &pause, NULL);
    }
}

static void unlock(void) {
    if (journal >= 0) atomic_store(&state->lock, 0);
}

static uint64_t inode_of(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

static void record(uint32_t op, uint64_t inode, const char *path, const char *path2, int64_t offset,
                   int64_t length, const void *data) {
    if (journal < 0) return;
    struct head head = {0xFA017500, op, getpid(), (int32_t)syscall(SYS_gettid), inode, offset,
                        length, strlen(path), path2 ? strlen(path2) : 0, data ? length : 0, 0};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.path},
                            {(void *)(path2 ? path2 : ""), head.path2},
                            {(void *)(data ? data : ""), head.data}};
    syscall(SYS_writev, journal, parts, 4);
}

#define NEXT(type, name, ...)                                   \
    static type (*next)(__VA_ARGS__);                           \
    if (!next) next = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define FAIL(code) do { errno = (code); return -1; } while (0)

/* ------------------------------------------------------------------ opening */

static int opened(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !absolute(folder, name, path))
        return syscall(SYS_openat, folder, name, flags, mode);
    lock();
    int there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    if (there && !(flags & O_TRUNC)) { /* it makes nothing */
        int fd = syscall(SYS_openat, folder, name, flags, mode);
        unlock();
        return fd;
    }
    int error = strike(!there);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    int fd = syscall(SYS_openat, folder, name, flags, mode), kept = errno;
    if (fd >= 0) record(there ? TRUNCATE : CREATE, inode_of(fd), path, NULL, 0, 0, NULL);
    unlock();
    after();
    errno = kept;
    return fd;
}

#define OPENS(name, parameters, folder, path)                           \
    int name parameters {                                               \
        mode_t mode = 0;                                                \
        if (flags & (O_CREAT | O_TMPFILE)) {                            \
            va_list more;                                               \
            va_start(more, flags);                                      \
            mode = va_arg(more, mode_t);                                \
            va_end(more);                                               \
        }                                                               \
        return opened(folder, path, flags, mode);                       \
    }

OPENS(open, (const char *path, int flags, ...), AT_FDCWD, path)
OPENS(open64, (const char *path, int flags, ...), AT_FDCWD, path)
OPENS(openat, (int folder, const char *path, int flags, ...), folder, path)
OPENS(openat64, (int folder, const char *path, int flags, ...), folder, path)

/* ------------------------------------------------------------------ writing */

static ssize_t written(int fd, const void *data, size_t count, off_t offset, int placed) {
    char path[PATH_MAX];
    if (!state || !path_of(fd, path))
        return placed ? syscall(SYS_pwrite64, fd, data, count, offset)
                      : syscall(SYS_write, fd, data, count);
    lock();
    int error = strike(1);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    if (error < 0 && count > 1) count /= 2;
    ssize_t done = placed ? syscall(SYS_pwrite64, fd, data, count, offset)
                          : syscall(SYS_write, fd, data, count);
    int kept = errno;
    if (done > 0) {
        int64_t start = placed ? offset : lseek(fd, 0, SEEK_CUR) - done;
        record(WRITE, inode_of(fd), path, NULL, start, done, data);
    }
    unlock();
    after();
    errno = kept;
    return done;
}

ssize_t write(int fd, const void *data, size_t count) { return written(fd, data, count, 0, 0); }

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
    return written(fd, data, count, offset, 1);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset) {
    return written(fd, data, count, offset, 1);
}

/* One part at a time: a shorter write than was asked for is allowed. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (!state || !path_of(fd, path) || count < 1) return syscall(SYS_writev, fd, parts, count);
    return written(fd, parts[0].iov_base, parts[0].iov_len, 0, 0);
}

/* Those who copy within the kernel fall back on reading and writing. */
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    char path[PATH_MAX];
    if (state && path_of(to, path)) FAIL(ENOTSOCK);
    return syscall(SYS_sendfile, to, from, offset, count);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    return sendfile64(to, from, offset, count);
}

ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t count, unsigned flags) {
    char path[PATH_MAX];
    if (state && path_of(to, path)) FAIL(ENOSYS);
    return syscall(SYS_copy_file_range, from, a, to, b, count, flags);
}

static int cut(int fd, off_t length) {
    char path[PATH_MAX];
    if (!state || !path_of(fd, path)) return syscall(SYS_ftruncate, fd, length);
    lock();
    int error = strike(0);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    int done = syscall(SYS_ftruncate, fd, length), kept = errno;
    if (done == 0) record(TRUNCATE, inode_of(fd), path, NULL, 0, length, NULL);
    unlock();
    after();
    errno = kept;
    return done;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int synced(int fd, long call) {
    char path[PATH_MAX];
    if (!state || !path_of(fd, path)) return syscall(call, fd);
    lock();
    int error = strike(0);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    int done = syscall(call, fd), kept = errno;
    if (done == 0) record(SYNC, inode_of(fd), path, NULL, 0, 0, NULL);
    unlock();
    after();
    errno = kept;
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

void sync(void) {
    lock();
    syscall(SYS_sync);
    record(SYNC_ALL, 0, "", NULL, 0, 0, NULL);
    unlock();
}

/* ------------------------------------------------------------------ names */

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    int source = absolute(from_folder, from, old), target = absolute(to_folder, to, new);
    if (!source && !target) return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    lock();
    int error = strike(0);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    int done = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags), kept = errno;
    if (done == 0) record(RENAME, 0, old, new, 0, 0, NULL);
    unlock();
    after();
    errno = kept;
    return done;
}

int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    return renamed(a, from, b, to, flags);
}

static int removed(int folder, const char *name, int flags) {
    char path[PATH_MAX];
    if (!absolute(folder, name, path)) return syscall(SYS_unlinkat, folder, name, flags);
    if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0) /* it takes nothing away */
        return syscall(SYS_unlinkat, folder, name, flags);
    lock();
    int error = strike(0);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    int done = syscall(SYS_unlinkat, folder, name, flags), kept = errno;
    if (done == 0)
        record(flags & AT_REMOVEDIR ? RMDIR : UNLINK, 0, path, NULL, 0, 0, NULL);
    unlock();
    after();
    errno = kept;
    return done;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0) return -1;
    return removed(AT_FDCWD, path, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
}

static int made(int folder, const char *name, mode_t mode) {
    char path[PATH_MAX];
    if (!absolute(folder, name, path) || syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0)
        return syscall(SYS_mkdirat, folder, name, mode);
    lock();
    int error = strike(1);
    if (error > 0) {
        unlock();
        FAIL(error);
    }
    int done = syscall(SYS_mkdirat, folder, name, mode), kept = errno;
    if (done == 0) record(MKDIR, 0, path, NULL, 0, 0, NULL);
    unlock();
    after();
    errno = kept;
    return done;
}

int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return made(folder, path, mode); }

/* ------------------------------------------------------------------ the clock */

int clock_gettime(clockid_t which, struct timespec *now) {
    NEXT(int, "clock_gettime", clockid_t, struct timespec *);
    int done = next(which, now);
    if (done == 0 && clock_s && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += clock_s;
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    NEXT(int, "gettimeofday", struct timeval *, void *);
    int done = next(now, zone);
    if (done == 0) now->tv_sec += clock_s;
    return done;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
