#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"
#include "words.h"

static struct words folders, kept;

void allow_changes_below(const char *folder) {
    add_text(&folders, folder);
}

void keep_unchanged(const char *path) {
    add_text(&kept, path);
}

static bool is_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static bool is_among(const char *path, const struct words *list, bool (*matches)(const char *, const char *)) {
    const char *at = list->bytes;
    for (uint32_t i = 0; i < list->count; i++) {
        if (matches(path, at)) return true;
        at += strlen(at) + 1;
    }
    return false;
}

static bool is_or_is_below(const char *path, const char *folder) {
    return strcmp(path, folder) == 0 || is_below(path, folder);
}

static bool holds(const char *path, const char *other) {
    return is_below(other, path);
}

int may_change(const char *path, bool moves) {
    if (!is_among(path, &folders, is_below)) return -1;
    if (is_among(path, &kept, is_or_is_below)) return EROFS;
    return moves && is_among(path, &kept, holds) ? EBUSY : 0;
}

bool may_watch(const char *path) {
    return is_among(path, &folders, is_or_is_below);
}

bool read_bytes(pid_t task, uint64_t address, void *to, size_t length) {
    struct iovec local = {.iov_base = to, .iov_len = length};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = length}; /* NOLINT */
    return process_vm_readv(task, &local, 1, &remote, 1, 0) == (ssize_t)length;
}

int read_path(pid_t task, uint64_t address, char *path) {
    enum { PAGE = 4096 };
    for (size_t length = 0; length < PATH_MAX;) {
        size_t part = PAGE - (address + length) % PAGE;
        if (part > PATH_MAX - length) part = PATH_MAX - length;
        if (!read_bytes(task, address + length, path + length, part)) return EFAULT;
        if (memchr(path + length, '\0', part) != NULL) return *path == '\0' ? ENOENT : 0;
        length += part;
    }
    return ENAMETOOLONG;
}

long read_status(pid_t task, const char *name, int base) {
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)task);
    FILE *lines = fopen(path, "re");
    if (lines == NULL) return -1;
    while (value < 0 && fgets(line, sizeof line, lines) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) value = strtol(line + strlen(name), NULL, base);
    }
    fclose(lines);
    return value;
}

struct by_descriptor path_of(int fd) {
    struct by_descriptor by;
    snprintf(by.path, sizeof by.path, "/proc/self/fd/%d", fd);
    return by;
}

static bool name_of(int fd, char *path) {
    ssize_t length = readlink(path_of(fd).path, path, PATH_MAX - 1);
    if (length <= 0) return false;
    path[length] = '\0';
    return true;
}

/* Where the task's relative paths begin; AT_FDCWD where the path is absolute. -2 when it cannot be told. */
static int base_of(pid_t task, int directory, const char *path) {
    char link[64];
    if (path[0] == '/') return AT_FDCWD;
    if (directory == AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/%d/cwd", (int)task);
    } else {
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)task, directory);
    }
    int fd = open(link, O_PATH | O_CLOEXEC);
    return fd < 0 ? -2 : fd;
}

/* What /proc says of the one who asks would be the supervisor's own here, so such links lead nowhere. */
static int open_path(int base, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(O_PATH | O_CLOEXEC | flags), .resolve = RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, base, path, &how, sizeof how);
}

static int open_at(pid_t task, int directory, const char *path, int flags) {
    int base = base_of(task, directory, path);
    if (base == -2) {
        errno = EBADF;
        return -1;
    }
    int fd = open_path(base, path, flags);
    int problem = errno;
    if (base >= 0) close(base);
    errno = problem;
    return fd;
}

static int hold(int fd, struct target *target) {
    struct stat file;
    target->fd = fd;
    if (fd < 0) return errno;
    if (fstat(fd, &file) == 0 && name_of(fd, target->path)) {
        target->mode = file.st_mode;
        return 0;
    }
    close(fd);
    target->fd = -1;
    return ENOENT;
}

/* The descriptor that a path stands for by which C libraries use one once more; -1 for any other path. */
static int descriptor_in(const char *path) {
    static const char *const folders_of_descriptors[] = {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"};
    for (size_t i = 0; i < sizeof folders_of_descriptors / sizeof *folders_of_descriptors; i++) {
        size_t length = strlen(folders_of_descriptors[i]);
        char *end;
        if (strncmp(path, folders_of_descriptors[i], length) != 0 || path[length] < '0' || path[length] > '9') continue;
        long fd = strtol(path + length, &end, 10);
        if (*end == '\0' && fd <= INT_MAX) return (int)fd;
    }
    return -1;
}

int find_target(pid_t task, int directory, const char *path, bool follow, struct target *target) {
    int fd = descriptor_in(path);
    if (fd >= 0 && follow) return find_open(task, fd, target);
    return hold(open_at(task, directory, path, follow ? 0 : O_NOFOLLOW), target);
}

int find_open(pid_t task, int fd, struct target *target) {
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)task, fd);
    return hold(open(link, O_PATH | O_CLOEXEC), target);
}

int find_place(pid_t task, int directory, const char *path, struct place *place) {
    char folder[PATH_MAX];
    size_t length = strlen(path);
    place->parent = -1;
    while (length > 1 && path[length - 1] == '/') length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/') start--;
    if (length - start > NAME_MAX) return ENAMETOOLONG;
    memcpy(place->name, path + start, length - start);
    place->name[length - start] = '\0';
    if (*place->name == '\0' || strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0) return EINVAL;
    memcpy(folder, path, start);
    strcpy(folder + start, start == 0 ? "." : "");
    place->parent = open_at(task, directory, folder, O_DIRECTORY);
    if (place->parent < 0) return errno;
    size_t parent_length;
    if (!name_of(place->parent, place->path) ||
        (parent_length = strlen(place->path)) + 1 + strlen(place->name) >= sizeof place->path) {
        close(place->parent);
        place->parent = -1;
        return ENAMETOOLONG;
    }
    snprintf(place->path + parent_length, sizeof place->path - parent_length, "%s%s", parent_length == 1 ? "" : "/",
             place->name);
    return 0;
}
