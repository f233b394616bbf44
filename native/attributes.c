/*
 * Modes and times of files, and watching folders: no rule of Landlock covers them, so that without a mount view a
 * command could open a stranger's door to its own user's files. They are done here, for files that the command may
 * change (or, to be watched, see), and refused for all others.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "calls.h"
#include "place.h"

enum { SET_ID = S_ISUID | S_ISGID };

/* 0, or an errno: as the kernel would say it, or that it must not be. */
static int find_file(const struct call *call, int directory, uint64_t address, bool follow, struct target *target) {
    char path[PATH_MAX];
    target->fd = -1;
    int problem = read_path(call->task, address, path);
    if (problem == 0) problem = find_target(call->task, directory, path, follow, target);
    return problem;
}

static int permit(const struct call *call, const struct target *target) {
    int answer = may_change(target->path, false);
    if (!still_waits(call)) return ESRCH;
    return answer < 0 ? EPERM : answer;
}

static long set_mode(const struct call *call, const struct target *target, mode_t mode) {
    int problem = (mode & SET_ID) != 0 ? EPERM : permit(call, target);
    if (problem == 0 && chmod(path_of(target->fd).path, mode) != 0) problem = errno;
    close(target->fd);
    return -problem;
}

long attribute_mode(const struct call *call, int directory, uint64_t path, mode_t mode, int flags) {
    struct target target;
    if (flags & AT_EMPTY_PATH) return attribute_mode_open(call, directory, mode);
    int problem = find_file(call, directory, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &target);
    if (problem == 0 && S_ISLNK(target.mode)) {
        close(target.fd);
        problem = EOPNOTSUPP;
    }
    return problem != 0 ? -problem : set_mode(call, &target, mode);
}

long attribute_mode_open(const struct call *call, int fd, mode_t mode) {
    struct target target;
    int problem = find_open(call->task, fd, &target);
    return problem != 0 ? -EBADF : set_mode(call, &target, mode);
}

/* Without any right of root's, so that it comes to what the command itself could do. */
static long set_owner(const struct call *call, const struct target *target, uid_t user, gid_t group) {
    int problem = permit(call, target);
    if (problem == 0 && chown(path_of(target->fd).path, user, group) != 0) problem = errno;
    close(target->fd);
    return -problem;
}

long attribute_owner(const struct call *call, int directory, uint64_t path, uid_t user, gid_t group, int flags) {
    struct target target;
    if (flags & AT_EMPTY_PATH) return attribute_owner_open(call, directory, user, group);
    int problem = find_file(call, directory, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &target);
    return problem != 0 ? -problem : set_owner(call, &target, user, group);
}

long attribute_owner_open(const struct call *call, int fd, uid_t user, gid_t group) {
    struct target target;
    int problem = find_open(call->task, fd, &target);
    return problem != 0 ? -EBADF : set_owner(call, &target, user, group);
}

static long set_times(const struct call *call, const struct target *target, const struct timespec *times) {
    int problem = permit(call, target);
    if (problem == 0 && utimensat(AT_FDCWD, path_of(target->fd).path, times, 0) != 0) problem = errno;
    close(target->fd);
    return -problem;
}

static long times_of(const struct call *call, int directory, uint64_t path, const struct timespec *times, int flags) {
    struct target target;
    int problem = path == 0 || (flags & AT_EMPTY_PATH)
                      ? find_open(call->task, directory, &target)
                      : find_file(call, directory, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &target);
    return problem != 0 ? -problem : set_times(call, &target, times);
}

long attribute_times(const struct call *call, int directory, uint64_t path, uint64_t address, int flags) {
    struct timespec times[2];
    if (address == 0) return times_of(call, directory, path, NULL, flags);
    if (!read_bytes(call->task, address, times, sizeof times)) return -EFAULT;
    return times_of(call, directory, path, times, flags);
}

long attribute_times_old(const struct call *call, int directory, uint64_t path, uint64_t address, bool seconds) {
    struct timespec times[2] = {0};
    if (address == 0) return times_of(call, directory, path, NULL, 0);
    if (seconds) {
        int64_t whole[2];
        if (!read_bytes(call->task, address, whole, sizeof whole)) return -EFAULT;
        for (int i = 0; i < 2; i++) times[i].tv_sec = whole[i];
    } else {
        struct timeval parts[2];
        if (!read_bytes(call->task, address, parts, sizeof parts)) return -EFAULT;
        for (int i = 0; i < 2; i++) {
            if (parts[i].tv_usec < 0 || parts[i].tv_usec > 999999) return -EINVAL;
            times[i] = (struct timespec){.tv_sec = parts[i].tv_sec, .tv_nsec = parts[i].tv_usec * 1000};
        }
    }
    return times_of(call, directory, path, times, 0);
}

long attribute_watch(const struct call *call, int fd, uint64_t path, uint32_t mask) {
    struct target target;
    int problem = find_file(call, AT_FDCWD, path, (mask & IN_DONT_FOLLOW) == 0, &target);
    if (problem != 0) return -problem;
    long outcome = -EACCES;
    int own = take_descriptor(call, fd);
    if (may_watch(target.path) && own >= 0 && still_waits(call)) {
        outcome = inotify_add_watch(own, path_of(target.fd).path, mask & ~(uint32_t)IN_DONT_FOLLOW);
        if (outcome < 0) outcome = -errno;
    }
    if (own >= 0) close(own);
    close(target.fd);
    return outcome;
}
