/* Stands before the C library: counts, records and breaks the calls that change files below one folder. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, FAIL, KILL };

static char root[PATH_MAX];
static int armed, mode, record = -1;
static long at, calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* From now on: of the calls below *folder*, number *n* (from 1) fails, or is the last thing this process does. */
void shim_arm(const char *folder, long n, int what, int record_to)
{
    strncpy(root, folder, sizeof root - 1);
    at = n, mode = what, record = record_to, calls = 0, armed = 1;
}

long shim_disarm(void)
{
    armed = 0;
    return calls;
}

static const char *name_of(int fd, char *buffer)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    buffer[length < 0 ? 0 : length] = 0;
    return buffer;
}

static const char *resolved(int folder, const char *path, char *buffer)
{
    if (path[0] == '/')
        return path;
    if (folder == AT_FDCWD) {
        if (!getcwd(buffer, PATH_MAX / 2))
            return path;
    } else
        name_of(folder, buffer);
    size_t length = strlen(buffer);
    snprintf(buffer + length, PATH_MAX - length, "/%s", path);
    return buffer;
}

/* Is it this call that is to fail? */
static int breaks(const char *call, const char *path)
{
    if (!armed || strncmp(path, root, strlen(root)) != 0)
        return 0;
    pthread_mutex_lock(&lock);
    long number = ++calls;
    if (record >= 0)
        dprintf(record, "%s %s\n", call, path);
    pthread_mutex_unlock(&lock);
    if (mode == COUNT || number != at)
        return 0;
    if (mode == KILL)
        kill(getpid(), SIGKILL);
    errno = strstr(call, "write") ? ENOSPC : EIO;
    return 1;
}

#define REAL(type, name, ...)                                  \
    static type (*real)(__VA_ARGS__);                          \
    if (!real)                                                 \
        real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

#define OPEN(name)                                             \
    int name(const char *path, int flags, ...)                 \
    {                                                          \
        REAL(int, name, const char *, int, mode_t)             \
        char buffer[PATH_MAX];                                 \
        va_list rest;                                          \
        va_start(rest, flags);                                 \
        mode_t access = va_arg(rest, mode_t);                  \
        va_end(rest);                                          \
        if (flags & CHANGES && breaks("open", resolved(AT_FDCWD, path, buffer))) \
            return -1;                                         \
        return real(path, flags, access);                      \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                           \
    int name(int folder, const char *path, int flags, ...)     \
    {                                                          \
        REAL(int, name, int, const char *, int, mode_t)        \
        char buffer[PATH_MAX];                                 \
        va_list rest;                                          \
        va_start(rest, flags);                                 \
        mode_t access = va_arg(rest, mode_t);                  \
        va_end(rest);                                          \
        if (flags & CHANGES && breaks("open", resolved(folder, path, buffer))) \
            return -1;                                         \
        return real(folder, path, flags, access);              \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                            \
    FILE *name(const char *path, const char *how)              \
    {                                                          \
        REAL(FILE *, name, const char *, const char *)         \
        char buffer[PATH_MAX];                                 \
        if (strpbrk(how, "wa+") && breaks("open", resolved(AT_FDCWD, path, buffer))) \
            return NULL;                                       \
        return real(path, how);                                \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define ON_FD(type, name, call, declared, passed, ...)         \
    type name declared                                         \
    {                                                          \
        REAL(type, name, __VA_ARGS__)                          \
        char buffer[PATH_MAX];                                 \
        if (armed && breaks(call, name_of(fd, buffer)))        \
            return -1;                                         \
        return real passed;                                    \
    }
ON_FD(ssize_t, write, "write", (int fd, const void *data, size_t size), (fd, data, size), int, const void *, size_t)
ON_FD(ssize_t, pwrite, "write", (int fd, const void *data, size_t size, off_t to), (fd, data, size, to), int, const void *, size_t, off_t)
ON_FD(ssize_t, pwrite64, "write", (int fd, const void *data, size_t size, off64_t to), (fd, data, size, to), int, const void *, size_t, off64_t)
ON_FD(ssize_t, writev, "write", (int fd, const struct iovec *data, int count), (fd, data, count), int, const struct iovec *, int)
ON_FD(int, fsync, "fsync", (int fd), (fd), int)
ON_FD(int, fdatasync, "fsync", (int fd), (fd), int)
ON_FD(int, ftruncate, "truncate", (int fd, off_t size), (fd, size), int, off_t)
ON_FD(int, ftruncate64, "truncate", (int fd, off64_t size), (fd, size), int, off64_t)

#define ON_PATH(name, declared, passed, ...)                   \
    int name declared                                          \
    {                                                          \
        REAL(int, name, __VA_ARGS__)                           \
        char buffer[PATH_MAX];                                 \
        if (breaks(#name, resolved(AT_FDCWD, path, buffer)))   \
            return -1;                                         \
        return real passed;                                    \
    }
ON_PATH(mkdir, (const char *path, mode_t access), (path, access), const char *, mode_t)
ON_PATH(rmdir, (const char *path), (path), const char *)
ON_PATH(unlink, (const char *path), (path), const char *)
ON_PATH(chmod, (const char *path, mode_t access), (path, access), const char *, mode_t)

int unlinkat(int folder, const char *path, int flags)
{
    REAL(int, unlinkat, int, const char *, int)
    char buffer[PATH_MAX];
    if (breaks("unlink", resolved(folder, path, buffer)))
        return -1;
    return real(folder, path, flags);
}

/* The place that is changed is what counts. */
#define ON_TWO(name)                                           \
    int name(const char *from, const char *path)               \
    {                                                          \
        REAL(int, name, const char *, const char *)            \
        char buffer[PATH_MAX];                                 \
        if (breaks(#name, resolved(AT_FDCWD, path, buffer)))   \
            return -1;                                         \
        return real(from, path);                               \
    }
ON_TWO(rename)
ON_TWO(link)
ON_TWO(symlink)

int renameat2(int from_folder, const char *from, int folder, const char *path, unsigned flags)
{
    REAL(int, renameat2, int, const char *, int, const char *, unsigned)
    char buffer[PATH_MAX];
    if (breaks("exchange", resolved(folder, path, buffer)))
        return -1;
    return real(from_folder, from, folder, path, flags);
}
