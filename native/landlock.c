/* Landlock (landlock(7)): what the kernel itself refuses, whatever was decided and whatever is in view. */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

/* linux/landlock.h, of which C libraries' headers have the older parts only. */
/* The newest version that is made use of; tests build programs that know less, as an older kernel would. */
#ifndef MOST_LANDLOCK
#define MOST_LANDLOCK 1000
#endif

enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { VERSION_FLAG = 1, RULE_PATH = 1, RULE_PORT = 2 };

struct ruleset {
    uint64_t files, net, scoped;
};
struct path_rule {
    uint64_t access;
    int32_t parent;
} __attribute__((packed));
struct port_rule {
    uint64_t access, port;
};

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REFER = 1 << 13,    /* second version */
    TRUNCATE = 1 << 14, /* third */
    IOCTL_DEV = 1 << 15, /* fifth */
    FIRST_VERSION = (1 << 13) - 1,
    OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV,
    BIND_TCP = 1 << 0,
    CONNECT_TCP = 1 << 1,
    ABSTRACT_SOCKETS = 1 << 0,
    SIGNALS = 1 << 1,
};

static uint64_t access_of(const char *letters) {
    uint64_t access = 0;
    for (; *letters != '\0'; letters++) {
        if (*letters == 'r') access |= READ_FILE | READ_DIR;
        else if (*letters == 'x') access |= EXECUTE;
        else if (*letters == 'd') access |= IOCTL_DEV;
        else if (*letters == 'w') access |= (FIRST_VERSION & ~(EXECUTE | READ_FILE | READ_DIR)) | REFER | TRUNCATE;
        else fail(EXIT_SETUP, "init: bad rule");
    }
    return access;
}

static void add_path(int ruleset, uint64_t access, const char *path) {
    struct path_rule rule = {.parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0) return;
    struct stat file;
    bool directory = fstat(rule.parent, &file) == 0 && S_ISDIR(file.st_mode);
    rule.access = directory ? access : access & OF_FILES;
    if (rule.access != 0 && syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0) != 0) {
        fail(EXIT_SETUP, "cannot restrict %s: %s", path, strerror(errno));
    }
    close(rule.parent);
}

/*
 * Opened anew through /proc/self/fd it may do what it was opened for, and not more: the caller's file at standard input
 * lies on the caller's own mount, which is writable. Pipes and sockets are in no folder, and need no rule.
 */
static void add_descriptor(int ruleset, uint64_t handled, int fd) {
    static const uint64_t accesses[] = {[O_RDONLY] = READ_FILE,
                                        [O_WRONLY] = WRITE_FILE | TRUNCATE,
                                        [O_RDWR] = READ_FILE | WRITE_FILE | TRUNCATE,
                                        [O_ACCMODE] = 0};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return;
    struct path_rule rule = {.access = (accesses[flags & O_ACCMODE] | IOCTL_DEV) & handled, .parent = fd};
    if (syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0) != 0) errno = 0;
}

static void add_port(int ruleset, const char *port) {
    struct port_rule rule = {.access = CONNECT_TCP, .port = (uint64_t)atoi(port)};
    if (strcmp(port, "none") != 0 && syscall(ADD_RULE, ruleset, RULE_PORT, &rule, 0) != 0) {
        fail(EXIT_SETUP, "cannot restrict port %s: %s", port, strerror(errno));
    }
}

struct restriction prepare_restriction(char **words, uint32_t count) {
    struct restriction none = {.ruleset = -1};
    if (count % 2 != 0) fail(EXIT_SETUP, "init: bad rule");
    long version = syscall(CREATE_RULESET, NULL, 0, VERSION_FLAG);
    if (version > MOST_LANDLOCK) version = MOST_LANDLOCK;
    if (version <= 0 || count == 0) return none;
    bool closed = false;
    for (uint32_t i = 0; i < count; i += 2) {
        if (strcmp(words[i], "tcp") == 0 && strcmp(words[i + 1], "none") == 0) closed = true;
    }
    struct ruleset wanted = {.files = FIRST_VERSION};
    if (version >= 2) wanted.files |= REFER;
    if (version >= 3) wanted.files |= TRUNCATE;
    if (version >= 4 && closed) wanted.net = BIND_TCP | CONNECT_TCP;
    if (version >= 5) wanted.files |= IOCTL_DEV;
    if (version >= 6) wanted.scoped = ABSTRACT_SOCKETS | SIGNALS;
    size_t size = version >= 6 ? sizeof wanted : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int ruleset = (int)syscall(CREATE_RULESET, &wanted, size, 0);
    if (ruleset < 0) fail(EXIT_SETUP, "cannot make rules for files: %s", strerror(errno));
    for (uint32_t i = 0; i < count; i += 2) {
        if (strcmp(words[i], "tcp") != 0) {
            add_path(ruleset, access_of(words[i]) & wanted.files, words[i + 1]);
        } else if (wanted.net != 0) {
            add_port(ruleset, words[i + 1]);
        }
    }
    return (struct restriction){.ruleset = ruleset, .files = wanted.files, .version = (uint32_t)version};
}

uint32_t restrict_to(struct restriction restriction) {
    if (restriction.ruleset < 0) return 0;
    /* What it was given stays its own by any way, such as /dev/stderr, where it is a file out of view. */
    for (int fd = 0; fd <= 2; fd++) add_descriptor(restriction.ruleset, restriction.files, fd);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(RESTRICT_SELF, restriction.ruleset, 0) != 0) {
        fail(EXIT_SETUP, "cannot restrict files: %s", strerror(errno));
    }
    close(restriction.ruleset);
    return restriction.version;
}
