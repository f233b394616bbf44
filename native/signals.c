/*
 * Signals where there is no namespace of processes. Before its sixth version Landlock does not keep them within the
 * session, and the kernel would let a command signal whatever else its user runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "descendants.h"
#include "place.h"

/* Numbers are the kernel's own by the time they are looked at: the task may go on itself. */
long signal_process(const struct call *call, pid_t process) {
    if (process == 0) return GO_ON;
    if (process == -1) return -EPERM;
    if (process < 0) return is_group_of_descendants(-process) ? GO_ON : -EPERM;
    pid_t whole = (pid_t)read_status(process, "Tgid:", 10);
    if (whole == (pid_t)read_status(call->task, "Tgid:", 10)) return GO_ON;
    return is_descendant(whole) ? GO_ON : whole < 0 ? -ESRCH : -EPERM;
}

static pid_t process_of(int pidfd) {
    char path[64], line[128];
    long process = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    FILE *lines = fopen(path, "re");
    if (lines == NULL) return -1;
    while (process < 0 && fgets(line, sizeof line, lines) != NULL) {
        if (strncmp(line, "Pid:", 4) == 0) process = strtol(line + 4, NULL, 10);
    }
    fclose(lines);
    return (pid_t)process;
}

/* Sent from here: another thread could put another descriptor in its place meanwhile. */
long signal_descriptor(const struct call *call, int fd, int signal, uint64_t info, unsigned flags) {
    if (info != 0) return -EPERM;
    int own = take_descriptor(call, fd);
    if (own < 0) return -EBADF;
    long outcome = -EPERM;
    if (is_descendant(process_of(own)) && still_waits(call)) {
        outcome = syscall(SYS_pidfd_send_signal, own, signal, NULL, flags) == 0 ? 0 : -errno;
    }
    close(own);
    return outcome;
}

long signal_group(pid_t group) {
    return group == 0 || is_descendant(group) ? GO_ON : -EPERM;
}
