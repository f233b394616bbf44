/* Changes of files that the supervisor makes in a task's place; anything else is left to the kernel's own rules. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "place.h"

static long result(long value) {
    return value < 0 ? -errno : value;
}

/* 0 when the place may be changed: then it is the caller's to close. */
static long find_changeable(const struct call *call, int directory, uint64_t address, bool moves, struct place *place) {
    char path[PATH_MAX];
    place->parent = -1;
    if (read_path(call->task, address, path) != 0 || find_place(call->task, directory, path, place) != 0) return GO_ON;
    int answer = may_change(place->path, moves);
    if (answer == 0 && still_waits(call)) return 0;
    close(place->parent);
    place->parent = -1;
    return answer == 0 ? -ESRCH : answer < 0 ? GO_ON : -answer;
}

static void take_umask(const struct call *call) {
    long mask = read_status(call->task, "Umask:", 8);
    umask(mask < 0 ? 0077 : (mode_t)mask);
}

struct reopening {
    int held, flags;
};

static long reopen(const struct call *call, void *what) {
    const struct reopening *reopening = what;
    int fd = open(path_of(reopening->held).path, reopening->flags | O_CLOEXEC);
    return fd < 0 ? -errno : hand_over(call, fd, (reopening->flags & O_CLOEXEC) != 0);
}

static long open_existing(const struct call *call, const struct target *target, int flags) {
    int answer = may_change(target->path, false);
    if (answer < 0 || S_ISDIR(target->mode) || S_ISLNK(target->mode) || S_ISSOCK(target->mode)) return GO_ON;
    if ((flags & O_CREAT) && (flags & O_EXCL)) return -EEXIST;
    if (answer > 0) return -answer;
    if (!S_ISREG(target->mode) && !S_ISFIFO(target->mode)) return GO_ON;
    if (!still_waits(call)) return -ESRCH;
    struct reopening reopening = {.held = target->fd, .flags = flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)};
    /* A pipe waits for its other end. */
    if (S_ISFIFO(target->mode) && !(flags & O_NONBLOCK)) return in_child(call, reopen, &reopening);
    return reopen(call, &reopening);
}

static long open_new(const struct call *call, int directory, const char *path, int flags, mode_t mode) {
    struct place place;
    if (find_place(call->task, directory, path, &place) != 0) return GO_ON;
    int answer = may_change(place.path, false);
    long outcome = answer < 0 ? GO_ON : -answer;
    if (answer == 0) {
        take_umask(call);
        int fd = still_waits(call) ? openat(place.parent, place.name, flags | O_NOFOLLOW | O_CLOEXEC, mode & 01777) : -1;
        outcome = fd < 0 ? -errno : hand_over(call, fd, (flags & O_CLOEXEC) != 0);
    }
    close(place.parent);
    return outcome;
}

long change_open(const struct call *call, int directory, uint64_t address, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct target target;
    if ((flags & O_PATH) || read_path(call->task, address, path) != 0) return GO_ON;
    /* Programs do without where a file system has no files without names. */
    if ((flags & O_TMPFILE) == O_TMPFILE) return -EOPNOTSUPP;
    bool follow = (flags & O_NOFOLLOW) == 0 && !((flags & O_CREAT) && (flags & O_EXCL));
    int problem = find_target(call->task, directory, path, follow, &target);
    if (problem == ENOENT && (flags & O_CREAT)) return open_new(call, directory, path, flags, mode);
    if (problem != 0) return GO_ON;
    long outcome = open_existing(call, &target, flags);
    close(target.fd);
    return outcome;
}

long change_make(const struct call *call, int directory, uint64_t path, mode_t mode) {
    struct place place;
    long outcome = find_changeable(call, directory, path, false, &place);
    if (outcome != 0) return outcome;
    take_umask(call);
    outcome = result(mkdirat(place.parent, place.name, mode & 01777));
    close(place.parent);
    return outcome;
}

long change_node(const struct call *call, int directory, uint64_t path, mode_t mode) {
    struct place place;
    if ((mode & S_IFMT) != 0 && !S_ISREG(mode) && !S_ISFIFO(mode)) return -EPERM;
    long outcome = find_changeable(call, directory, path, false, &place);
    if (outcome != 0) return outcome;
    take_umask(call);
    outcome = result(mknodat(place.parent, place.name, mode & (S_IFMT | 01777), 0));
    close(place.parent);
    return outcome;
}

long change_symlink(const struct call *call, uint64_t address, int directory, uint64_t path) {
    struct place place;
    char to[PATH_MAX];
    if (read_path(call->task, address, to) != 0) return GO_ON;
    long outcome = find_changeable(call, directory, path, false, &place);
    if (outcome != 0) return outcome;
    outcome = result(symlinkat(to, place.parent, place.name));
    close(place.parent);
    return outcome;
}

long change_remove(const struct call *call, int directory, uint64_t path, int flags) {
    struct place place;
    long outcome = find_changeable(call, directory, path, true, &place);
    if (outcome != 0) return outcome;
    outcome = result(unlinkat(place.parent, place.name, flags));
    close(place.parent);
    return outcome;
}

long change_rename(const struct call *call, int from, uint64_t old, int to, uint64_t path, unsigned flags) {
    struct place source, target;
    long outcome = find_changeable(call, from, old, true, &source);
    if (outcome != 0) return outcome;
    outcome = find_changeable(call, to, path, true, &target);
    if (outcome == 0) {
        outcome = result(syscall(SYS_renameat2, source.parent, source.name, target.parent, target.name, flags));
        close(target.parent);
    }
    close(source.parent);
    return outcome;
}

/* The linked file too must be one that may be changed: under its new name it could be. */
long change_link(const struct call *call, int from, uint64_t old, int to, uint64_t path, int flags) {
    struct place source, target;
    if (flags != 0) return GO_ON;
    long outcome = find_changeable(call, from, old, false, &source);
    if (outcome != 0) return outcome;
    outcome = find_changeable(call, to, path, false, &target);
    if (outcome == 0) {
        outcome = result(linkat(source.parent, source.name, target.parent, target.name, 0));
        close(target.parent);
    }
    close(source.parent);
    return outcome;
}

long change_length(const struct call *call, uint64_t address, off_t length) {
    char path[PATH_MAX];
    struct target target;
    if (read_path(call->task, address, path) != 0) return GO_ON;
    if (find_target(call->task, AT_FDCWD, path, true, &target) != 0) return GO_ON;
    int answer = may_change(target.path, false);
    long outcome = answer < 0 || !S_ISREG(target.mode) ? GO_ON : -answer;
    if (outcome == 0) outcome = still_waits(call) ? result(truncate(path_of(target.fd).path, length)) : -ESRCH;
    close(target.fd);
    return outcome;
}
