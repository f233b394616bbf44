#include "in_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "commands.h"
#include "place.h"
#include "relay.h"
#include "report.h"

enum { LAST_CAPABILITY = 63 };

static struct sock_filter filter[BPF_MAXINSNS];
static unsigned short filter_length;

/* On a port of the kernel's choice; the command's own finds its way there through the supervisor. */
static void add_relay(const char *text, int announce) {
    char *end;
    long port = strtol(text, &end, 10);
    if (*end != '=' || port <= 0 || port > 65535) fail(EXIT_SETUP, "launch: bad relay %s", text);
    serve_port((uint16_t)port, relay_listen_anywhere(end + 1), announce);
}

/* Ends with the supervisor, and holds nothing of it but the listeners. */
static void start_relays(int announced) {
    pid_t self = getpid(), relay = fork();
    if (relay < 0) fail(EXIT_SETUP, "cannot start a process: %s", strerror(errno));
    if (relay == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != self) _exit(EXIT_SETUP);
        close(CONTROL_FD);
        relay_detach();
        relay_admit(announced);
        relay_serve(-1);
    }
    relay_close();
}

void prepare_in_place(const char *words, size_t length) {
    const char *at = words, *end = words + length, *fields[3];
    int announce[2];
    bool relayed = false;
    if (length > 0 && end[-1] != '\0') fail(EXIT_SETUP, "launch: bad data");
    if (pipe2(announce, O_CLOEXEC) != 0) fail(EXIT_SETUP, "pipe: %s", strerror(errno));
    while (at < end) {
        int wanted = strcmp(at, "socket") == 0 ? 3 : 2;
        for (int i = 0; i < wanted; i++) {
            if (at >= end) fail(EXIT_SETUP, "launch: bad data");
            fields[i] = at;
            at += strlen(at) + 1;
        }
        if (strcmp(fields[0], "below") == 0) allow_changes_below(fields[1]);
        else if (strcmp(fields[0], "keep") == 0) keep_unchanged(fields[1]);
        else if (strcmp(fields[0], "socket") == 0) serve_socket(fields[1], fields[2]);
        else if (strcmp(fields[0], "relay") == 0) add_relay(fields[1], announce[1]), relayed = true;
        else fail(EXIT_SETUP, "launch: bad word %s", fields[0]);
    }
    if (relayed) start_relays(announce[0]);
    close(announce[0]);
    if (!relayed) close(announce[1]);
}

void drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    /* Both need a right that others than root do not have, and have nothing to lose by. */
    for (unsigned long i = 0; i <= LAST_CAPABILITY; i++) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    prctl(PR_SET_SECUREBITS, bits, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) != 0) fail(EXIT_SETUP, "cannot give up rights: %s", strerror(errno));
}

void begin_in_place(void) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    ssize_t got = read(FILTER_FD, filter, sizeof filter);
    if (got <= 0 || got % (ssize_t)sizeof *filter != 0) fail(EXIT_SETUP, "init: bad filter");
    filter_length = (unsigned short)((size_t)got / sizeof *filter);
    close(FILTER_FD);
}

void confine_in_place(void) {
    struct sock_fprog program = {.len = filter_length, .filter = filter};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(EXIT_SETUP, "no_new_privs: %s", strerror(errno));
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        fail(EXIT_SETUP, "cannot filter system calls: %s", strerror(errno));
    }
}
