/*
 * writ-exec attest
 *
 * Outside the sandbox, for the guard: says who is at the other end of descriptor 3, a connection to a session's
 * socket, if that is a process of the very sandbox whose launcher is at the other end of descriptor 4. What counts
 * is what the kernel noted when each of them connected, not what they say.
 * On success one line: `PID UID DEVICE:INODE`, of which the last is the executable's file. Else why not, with
 * status 1 for somebody who must not have it, and 3 for somebody who is gone.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

enum { CALLER_FD = 3, LAUNCHER_FD = 4, REFUSED = 1, GONE = 3, MOST_ANCESTORS = 4096, MOST_WALKS = 20 };

struct peer {
    struct ucred credentials;
    int pidfd;
};

static struct peer peer_of(int fd, const char *whom) {
    struct peer peer;
    socklen_t size = sizeof peer.credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer.credentials, &size) != 0) {
        fail(REFUSED, "%s is not known: %s", whom, strerror(errno));
    }
    /* 0: in a namespace of processes that this one cannot see. */
    if (peer.credentials.pid <= 0) fail(REFUSED, "%s is not among the processes of this machine", whom);
    size = sizeof peer.pidfd;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &peer.pidfd, &size) == 0) return peer;
    /* Before Linux 6.5: right unless the process ended and its number was given away since it connected. */
    if (errno == ENOPROTOOPT) peer.pidfd = (int)syscall(SYS_pidfd_open, peer.credentials.pid, 0);
    else peer.pidfd = -1;
    if (peer.pidfd < 0) fail(GONE, "%s has ended", whom);
    return peer;
}

static bool has_ended(const struct peer *peer) {
    struct pollfd event = {.fd = peer->pidfd, .events = POLLIN};
    return poll(&event, 1, 0) != 0;
}

/* 0 where there is no such process. proc_pid_stat(5): the name in brackets may itself hold brackets and spaces. */
static pid_t parent_of(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *rest = strrchr(text, ')');
    int parent;
    return rest != NULL && sscanf(rest + 1, " %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}

/* A parent counts only if it still is one after its own was read: else its number might be somebody else's by then. */
static bool is_below(pid_t pid, pid_t ancestor) {
    pid_t parent = parent_of(pid);
    for (int steps = 0; parent > 1 && steps < MOST_ANCESTORS; steps++) {
        pid_t grandparent = parent_of(parent);
        if (parent_of(pid) != parent) return false;
        if (parent == ancestor) return true;
        pid = parent;
        parent = grandparent;
    }
    return false;
}

/* Processes on the way may end while they are looked at, and leave their children to others. */
static bool descends(const struct peer *peer, const struct peer *ancestor) {
    for (int walks = 0; walks < MOST_WALKS; walks++) {
        if (is_below(peer->credentials.pid, ancestor->credentials.pid)) return true;
    }
    return false;
}

static struct stat facts_of(const char *process, const char *what) {
    char path[64];
    struct stat facts;
    snprintf(path, sizeof path, "/proc/%s/%s", process, what);
    if (stat(path, &facts) != 0) fail(errno == ENOENT || errno == ESRCH ? GONE : REFUSED, "its %s cannot be looked at: %s", what, strerror(errno));
    return facts;
}

static bool same_file(struct stat one, struct stat other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

int attest_command(int argc, char **argv) {
    (void)argv;
    if (argc != 0) fail(2, "usage: writ-exec attest");
    struct peer caller = peer_of(CALLER_FD, "the caller"), launcher = peer_of(LAUNCHER_FD, "the launcher");
    if (caller.credentials.uid != launcher.credentials.uid) fail(REFUSED, "the caller is another user");

    char process[16], host[16];
    snprintf(process, sizeof process, "%d", (int)caller.credentials.pid);
    snprintf(host, sizeof host, "%d", (int)launcher.credentials.pid);
    static const char *const namespaces[] = {"ns/pid", "ns/mnt", "ns/net"};
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        if (same_file(facts_of(process, namespaces[i]), facts_of(host, namespaces[i]))) {
            fail(REFUSED, "the caller is outside of every sandbox");
        }
    }
    if (!descends(&caller, &launcher)) {
        fail(has_ended(&caller) ? GONE : REFUSED, "the caller is not of this session's sandbox");
    }
    struct stat executable = facts_of(process, "exe");
    /* All of the above was about them if they are still there. */
    if (has_ended(&caller) || has_ended(&launcher)) fail(GONE, "the caller or its launcher has ended");
    printf("%d %u %llu:%llu\n", (int)caller.credentials.pid, caller.credentials.uid,
           (unsigned long long)executable.st_dev, (unsigned long long)executable.st_ino);
    return fflush(stdout) == 0 ? 0 : REFUSED;
}
