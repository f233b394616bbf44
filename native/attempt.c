#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"

/*
 * The kernel's own limit is a quarter of the stack's, 2 MiB where nobody changed it. The numbers are what a message to
 * the guard holds (src/guard/launcher/blocks.ts), where a script's arguments stand twice.
 */
enum { MOST_ARGUMENTS = 65000, MOST_SCRIPT_ARGUMENTS = 32000, MOST_ARGUMENT_BYTES = 2 << 20, PAGE = 4096 };

static ssize_t read_memory(pid_t task, uint64_t address, void *target, size_t length) {
    struct iovec local = {.iov_base = target, .iov_len = length};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = length}; /* NOLINT */
    return process_vm_readv(task, &local, 1, &remote, 1, 0);
}

/* A string of the other process, page by page: what follows it may not be mapped. 0 or an errno. */
static int read_string(pid_t task, uint64_t address, size_t most, struct words *words) {
    char text[PAGE], *whole = NULL;
    size_t length = 0;
    for (;;) {
        size_t part = PAGE - (address + length) % PAGE;
        ssize_t got = read_memory(task, address + length, text, part);
        if (got <= 0) {
            free(whole);
            return EFAULT;
        }
        char *end = memchr(text, '\0', (size_t)got);
        size_t more = end == NULL ? (size_t)got : (size_t)(end - text);
        if (length + more >= most) {
            free(whole);
            return most == PATH_MAX ? ENAMETOOLONG : E2BIG;
        }
        if (whole == NULL && end != NULL) {
            add_word(words, text, more);
            return 0;
        }
        char *larger = realloc(whole, length + more + 1);
        if (larger == NULL) fail(EXIT_SETUP, "out of memory");
        whole = larger;
        memcpy(whole + length, text, more);
        length += more;
        if (end == NULL) continue;
        add_word(words, whole, length);
        free(whole);
        return 0;
    }
}

static int read_argv(pid_t task, uint64_t address, struct words *argv) {
    uint64_t pointers[PAGE / sizeof(uint64_t)];
    while (address != 0) {
        size_t part = PAGE - address % PAGE;
        if (part < sizeof(uint64_t)) part = sizeof(uint64_t);
        part -= part % sizeof(uint64_t);
        ssize_t got = read_memory(task, address, pointers, part);
        if (got < (ssize_t)sizeof(uint64_t)) return EFAULT;
        for (size_t i = 0; i < (size_t)got / sizeof(uint64_t); i++) {
            if (pointers[i] == 0) {
                address = 0;
                break;
            }
            if (argv->count >= MOST_ARGUMENTS) return E2BIG;
            int problem = read_string(task, pointers[i], MOST_ARGUMENT_BYTES, argv);
            if (problem != 0) return problem;
            if (argv->length > MOST_ARGUMENT_BYTES) return E2BIG;
        }
        if (address != 0) address += (uint64_t)got - (uint64_t)got % sizeof(uint64_t);
    }
    /* As the kernel has it since 5.18: no program starts without its name. */
    if (argv->count == 0) add_text(argv, "");
    return 0;
}

static ssize_t read_file(const char *path, char *target, size_t room) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t got = read(fd, target, room - 1);
    close(fd);
    if (got >= 0) target[got] = '\0';
    return got;
}

bool read_origin(pid_t process, pid_t *parent, uint64_t *started) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    if (read_file(path, text, sizeof text) <= 0) return false;
    /* The name may hold anything, parentheses included; the fields after it are numbers. */
    char *at = strrchr(text, ')');
    if (at == NULL) return false;
    int ppid;
    unsigned long long start;
    int found = sscanf(at + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                       &ppid, &start);
    if (found != 2) return false;
    *parent = (pid_t)ppid;
    *started = start;
    return true;
}

bool read_command_line(pid_t process, struct words *words) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    char text[PAGE];
    ssize_t got;
    char *bytes = NULL;
    size_t length = 0;
    while ((got = read(fd, text, sizeof text)) > 0) {
        char *larger = realloc(bytes, length + (size_t)got);
        if (larger == NULL) fail(EXIT_SETUP, "out of memory");
        bytes = larger;
        memcpy(bytes + length, text, (size_t)got);
        length += (size_t)got;
    }
    close(fd);
    *words = (struct words){.bytes = bytes, .length = length, .room = length};
    return got == 0;
}

/* The thread group: the same number for all but threads that are not the first of their process. */
static pid_t process_of(pid_t task) {
    long fd = syscall(SYS_pidfd_open, task, 0);
    if (fd >= 0) {
        close((int)fd);
        return task;
    }
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/status", (int)task);
    if (read_file(path, text, sizeof text) <= 0) return -1;
    const char *at = strstr(text, "\nTgid:");
    return at == NULL ? -1 : (pid_t)atoi(at + 6);
}

static char *read_link(const char *path) {
    char text[PATH_MAX];
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length <= 0 || (size_t)length >= sizeof text - 1 || text[0] != '/') return NULL;
    text[length] = '\0';
    return strdup(text);
}

struct target {
    char *directory; /* where a relative path begins */
    char *shown;     /* the path as the program that runs will see it */
    bool follow;
};

/* execve(2) and execveat(2): which path, from where, and what the kernel hands to interpreters as its name. */
static int read_target(const struct seccomp_notif *notification, struct attempt *attempt, struct target *target) {
    const __u64 *arguments = notification->data.args;
    bool at = notification->data.nr == __NR_execveat;
    int flags = at ? (int)arguments[4] : 0;
    if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) return EINVAL;
    struct words path = {0};
    int problem = read_string(attempt->task, arguments[at ? 1 : 0], PATH_MAX, &path);
    if (problem != 0) return problem;
    attempt->named = path.bytes;

    char text[PATH_MAX + 64];
    snprintf(text, sizeof text, "/proc/%d/cwd", (int)attempt->task);
    attempt->directory = read_link(text);
    if (attempt->directory == NULL) return ENOENT;
    target->follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
    target->directory = strdup(attempt->directory);
    target->shown = strdup(attempt->named);
    int fd = at ? (int)arguments[0] : AT_FDCWD;
    if (fd == AT_FDCWD || attempt->named[0] == '/') return *attempt->named == '\0' ? ENOENT : 0;

    bool empty = *attempt->named == '\0';
    if (empty && (flags & AT_EMPTY_PATH) == 0) return ENOENT;
    snprintf(text, sizeof text, empty ? "/dev/fd/%d" : "/dev/fd/%d/%s", fd, attempt->named);
    free(target->shown);
    target->shown = strdup(text);
    if (empty) {
        free(attempt->named);
        attempt->named = strdup(text);
        return 0;
    }
    snprintf(text, sizeof text, "/proc/%d/fd/%d", (int)attempt->task, fd);
    free(target->directory);
    target->directory = read_link(text);
    return target->directory == NULL ? EBADF : 0;
}

/* Follows `#!` lines as fs/binfmt_script.c does, and rewrites the arguments with them. */
static int open_images(struct attempt *attempt, int root, const struct target *target) {
    struct viewer viewer = {.root = root, .task = attempt->task, .directory = target->directory};
    const char *path = attempt->named;
    char shown[PATH_MAX + 64];
    snprintf(shown, sizeof shown, "%s", target->shown);
    add_words(&attempt->effective, &attempt->argv, 0);
    for (;;) {
        struct image *image = &attempt->images[attempt->image_count];
        int problem = open_image(&viewer, path, target->follow || attempt->image_count > 0, image);
        if (problem != 0) return problem;
        attempt->image_count++;
        if (image->kind == IMAGE_OTHER) return ENOEXEC;
        if (image->kind != IMAGE_SCRIPT) return 0;
        if (attempt->image_count == MOST_IMAGES) return ELOOP;
        if (attempt->effective.count > MOST_SCRIPT_ARGUMENTS) return E2BIG;
        struct words rewritten = {0};
        add_text(&rewritten, image->interpreter);
        if (image->argument[0] != '\0') add_text(&rewritten, image->argument);
        add_text(&rewritten, shown);
        add_words(&rewritten, &attempt->effective, 1);
        free_words(&attempt->effective);
        attempt->effective = rewritten;
        snprintf(shown, sizeof shown, "%s", image->interpreter);
        path = image->interpreter;
        viewer.directory = attempt->directory;
    }
}

int read_attempt(const struct seccomp_notif *notification, int root, struct attempt *attempt) {
    *attempt = (struct attempt){.notification = notification->id, .task = (pid_t)notification->pid};
    bool at = notification->data.nr == __NR_execveat;
    struct target target = {0};
    int problem = read_target(notification, attempt, &target);
    if (problem == 0) problem = read_argv(attempt->task, notification->data.args[at ? 2 : 1], &attempt->argv);
    if (problem == 0) problem = open_images(attempt, root, &target);
    free(target.directory);
    free(target.shown);
    if (problem != 0) return problem;
    attempt->process = process_of(attempt->task);
    if (attempt->process < 0 || !read_origin(attempt->process, &attempt->parent, &attempt->started)) return ESRCH;
    return 0;
}

void free_attempt(struct attempt *attempt) {
    for (int i = 0; i < attempt->image_count; i++) close_image(&attempt->images[i]);
    free(attempt->named);
    free(attempt->directory);
    free_words(&attempt->argv);
    free_words(&attempt->effective);
    *attempt = (struct attempt){0};
}
