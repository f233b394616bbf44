#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"

enum { LONGEST_LINE = 4096 };

/* In the child: descriptors where `writ-exec launch` expects them, and nothing of the caller's. */
__attribute__((noreturn)) static void become_launch(int control, int complaints, char *const *cgroups,
                                                    const struct terminal *terminal, const struct output *output,
                                                    pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(EXIT_SETUP);
    if (terminal->master >= 0) terminal_adopt(terminal);
    output_adopt(output);
    int held[3] = {fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10), fcntl(control, F_DUPFD_CLOEXEC, 10),
                   fcntl(complaints, F_DUPFD_CLOEXEC, 10)};
    if (dup2(held[2], STDERR_FILENO) < 0 || dup2(held[1], CONTROL_FD) < 0 || dup2(held[0], REAL_STDERR_FD) < 0 ||
        chdir("/") != 0 || clearenv() != 0) {
        fail(EXIT_SETUP, "cannot set up the launcher: %s", strerror(errno));
    }
    char *arguments[2 * MAX_CGROUPS + 1] = {NULL};
    int count = 0;
    for (; *cgroups != NULL && count < 2 * MAX_CGROUPS; cgroups++) {
        arguments[count++] = "--cgroup";
        arguments[count++] = *cgroups;
    }
    _exit(launch_command(count, arguments));
}

void sandbox_start(struct sandbox *sandbox, char *const *cgroups, const struct terminal *terminal,
                   const struct output *output) {
    int control[2], complaints[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0 || pipe2(complaints, O_CLOEXEC) != 0) {
        fail(EXIT_SETUP, "cannot start a process: %s", strerror(errno));
    }
    fcntl(complaints[0], F_SETFL, O_NONBLOCK);
    pid_t parent = getpid();
    sandbox->process = fork();
    if (sandbox->process < 0) fail(EXIT_SETUP, "cannot start a process: %s", strerror(errno));
    if (sandbox->process == 0) become_launch(control[1], complaints[1], cgroups, terminal, output, parent);
    close(control[1]);
    close(complaints[1]);
    sandbox->control = control[0];
    sandbox->complaints = complaints[0];
}

void sandbox_ask(struct sandbox *sandbox, unsigned char request) {
    if (sandbox->control >= 0) buffer_append(sandbox->held ? &sandbox->later : &sandbox->requests, &request, 1);
}

void sandbox_release(struct sandbox *sandbox) {
    sandbox->held = false;
    buffer_append(&sandbox->requests, sandbox->later.bytes, sandbox->later.length);
    buffer_free(&sandbox->later);
}

static void take_line(struct sandbox *sandbox, const char *line) {
    struct ending ending = {.told = true};
    struct usage usage;
    int end = 0;
    if (strcmp(line, "started") == 0) {
        sandbox->started = true;
    } else if (strncmp(line, "stopped ", 8) == 0) {
        sandbox->stopped = true;
    } else if (sscanf(line, "usage %llu %llu %u", &usage.cpu_ms, &usage.memory_kib, &usage.processes) == 3) {
        sandbox->usage = usage;
        sandbox->used = true;
    } else if (sscanf(line, "ended %15[a-z-] %d %d %lld %lld %lld%n", ending.reason, &ending.code, &ending.signal,
                      &ending.user_us, &ending.system_us, &ending.max_rss_kib, &end) == 6 &&
               ending.code >= 0 && ending.code <= 255) {
        sandbox->ending = ending;
    }
}

static void take_lines(struct sandbox *sandbox) {
    char *end;
    while ((end = memchr(sandbox->lines.bytes, '\n', sandbox->lines.length)) != NULL) {
        *end = '\0';
        take_line(sandbox, sandbox->lines.bytes);
        buffer_drop(&sandbox->lines, (size_t)(end - sandbox->lines.bytes) + 1);
    }
    if (sandbox->lines.length > LONGEST_LINE) sandbox->lines.length = 0;
}

static void read_complaints(struct sandbox *sandbox) {
    char bytes[1024];
    ssize_t got;
    while ((got = read(sandbox->complaints, bytes, sizeof bytes)) > 0) {
        size_t room = sizeof sandbox->complaint - 1 - sandbox->complaint_length;
        size_t kept = (size_t)got < room ? (size_t)got : room;
        memcpy(sandbox->complaint + sandbox->complaint_length, bytes, kept);
        sandbox->complaint_length += kept;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(sandbox->complaints);
    sandbox->complaints = -1;
}

void sandbox_serve(struct sandbox *sandbox) {
    if (sandbox->control >= 0) {
        /* What cannot be delivered any more is for nobody; the other end's last words may still be there. */
        if (!buffer_send(&sandbox->requests, sandbox->control)) sandbox->requests.length = 0;
        bool open = buffer_receive(&sandbox->lines, sandbox->control);
        take_lines(sandbox);
        if (!open) sandbox_give_up(sandbox);
    }
    if (sandbox->complaints >= 0) read_complaints(sandbox);
}

void sandbox_reap(struct sandbox *sandbox) {
    if (sandbox->process > 0 && waitpid(sandbox->process, NULL, WNOHANG) == sandbox->process) sandbox->process = 0;
}

void sandbox_await(struct sandbox *sandbox) {
    while (sandbox->process > 0) {
        if (waitpid(sandbox->process, NULL, 0) >= 0 || errno != EINTR) sandbox->process = 0;
    }
}

bool sandbox_is_over(const struct sandbox *sandbox) {
    return sandbox->process == 0 && sandbox->control < 0;
}

bool sandbox_is_orphaned(const struct sandbox *sandbox) {
    return sandbox->process == 0 && sandbox->control >= 0;
}

void sandbox_give_up(struct sandbox *sandbox) {
    if (sandbox->control >= 0) close(sandbox->control);
    sandbox->control = -1;
}

void sandbox_free(struct sandbox *sandbox) {
    sandbox_give_up(sandbox);
    if (sandbox->complaints >= 0) close(sandbox->complaints);
    buffer_free(&sandbox->requests);
    buffer_free(&sandbox->later);
    buffer_free(&sandbox->lines);
}
