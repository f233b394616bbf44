/*
 * writ-exec init
 *
 * Process 1 of the sandbox: verifies what was mounted, starts the command in a process group of its own, passes on
 * what the launcher asks for, and ends everything when the command ends, the launcher dies or time is up.
 * It reads three blocks from the control socket (settings; and once the command may start, environment and argv), then
 * single bytes: a signal's number, or one of `enum request`. It answers with lines: `started`, `stopped SIGNAL`, with the setting `usage MIB` each
 * second `usage CPU_MS MEMORY_KIB PROCESSES` (watch.h), and last
 * `ended REASON CODE SIGNAL USER_US SYSTEM_US MAX_RSS_KIB`.
 *
 * The setting `relay ADDRESS:PORT=SOCKET` has a child of this process carry the sandbox's own loopback port to the
 * socket of the guard's proxy, from before the command starts until it ends; see relay.c. It is no part of the command.
 *
 * `writ-exec init in-place` stands in for it where there are no namespaces (in_place.h): likewise supervised, with the
 * filter for the command at FILTER_FD; LIFE_FD ends with its supervisor.
 *
 * `writ-exec init supervised` finds its supervisor at SUPERVISOR_FD: reads from it a block of rules for files
 * (landlock.h), and has the command begin under them and under the supervisor's eyes (listener.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "block.h"
#include "commands.h"
#include "descendants.h"
#include "exec.h"
#include "in_place.h"
#include "landlock.h"
#include "listener.h"
#include "mounts.h"
#include "relay.h"
#include "report.h"
#include "watch.h"

enum request { TAKE_FOREGROUND = 0xfe, KILL_ALL = 0xff };

/* After SIGTERM for lack of time. */
static const long long term_grace_ms = 2000;
/* For what a shell left behind that is about to finish, such as `> >(tee log)`. */
static const long long leftovers_grace_ms = 100;
/* Between two looks at what is in use. */
static const long long look_interval_ms = 1000;

/* Between two rounds where processes are found one by one. */
static const int killing_interval_ms = 2;

static const struct {
    const char *name;
    __rlimit_resource_t resource;
} limit_names[] = {{"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU},     {"fsize", RLIMIT_FSIZE},
                   {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}};

enum { LIMITS = sizeof limit_names / sizeof *limit_names };

struct settings {
    bool foreground;
    bool relayed;
    bool supervised;
    bool in_place;
    struct restriction restriction; /* of a supervised command */
    long long wall_ms; /* 0: none */
    unsigned long long memory_mib; /* 0: none, or held by a control group */
    bool tells_usage;
    unsigned long long coarse_mib; /* of what is told */
    bool limited[LIMITS];
    rlim_t limits[LIMITS];
};

struct state {
    pid_t command;
    pid_t relay; /* 0: none */
    bool ended;
    int status;         /* wait(2)'s, once ended */
    const char *reason; /* exited, killed, timed-out or out-of-memory */
    const struct settings *settings;
    long long look_at; /* when to look next at what is in use */
    long long deadline; /* of the current phase, or -1 */
    bool alone;         /* no process but this one is left */
    bool in_place;
    bool killing;       /* again and again, where no namespace ends at once */
};

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    /* A launcher that is gone is noticed by the end of its requests. */
    if (length > 0 && send(CONTROL_FD, line, (size_t)length, MSG_NOSIGNAL) < 0) return;
}

static unsigned long long number(const char *text) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0') fail(EXIT_SETUP, "init: bad number %s", text);
    return value;
}

/* That the path is the very file that was looked at when the sandbox was planned, and read-only where asked. */
static void expect_file(const char *access, const char *identity, const char *path) {
    struct stat file;
    struct statvfs mount;
    char actual[64];
    if (lstat(path, &file) != 0) fail(EXIT_SETUP, "%s is not in the sandbox: %s", path, strerror(errno));
    snprintf(actual, sizeof actual, "%llu:%llu", (unsigned long long)file.st_dev, (unsigned long long)file.st_ino);
    if (strcmp(actual, identity) != 0) fail(EXIT_SETUP, "%s was replaced while the sandbox was set up", path);
    if (strcmp(access, "ro") != 0) return;
    if (statvfs(path, &mount) != 0 || !(mount.f_flag & ST_RDONLY)) fail(EXIT_SETUP, "%s is not read-only", path);
}

static void set_limit(struct settings *settings, const char *name, const char *value) {
    for (size_t i = 0; i < LIMITS; i++) {
        if (strcmp(limit_names[i].name, name) != 0) continue;
        settings->limited[i] = true;
        settings->limits[i] = (rlim_t)number(value);
        return;
    }
    fail(EXIT_SETUP, "init: unknown limit %s", name);
}

static struct settings read_settings(int count, char **words) {
    struct settings settings = {.restriction = {.ruleset = -1}};
    struct mount_point *mounts = calloc((size_t)count + 1, sizeof *mounts);
    if (mounts == NULL) fail(EXIT_SETUP, "out of memory");
    size_t mount_count = 0;
    for (int i = 0; i < count; i++) {
        int left = count - i - 1;
        if (strcmp(words[i], "foreground") == 0) {
            settings.foreground = true;
        } else if (strcmp(words[i], "new-session") == 0) {
            if (setsid() < 0) fail(EXIT_SETUP, "setsid: %s", strerror(errno));
        } else if (strcmp(words[i], "wall-ms") == 0 && left >= 1) {
            settings.wall_ms = (long long)number(words[i + 1]);
            i += 1;
        } else if (strcmp(words[i], "memory-mib") == 0 && left >= 1) {
            settings.memory_mib = number(words[i + 1]);
            i += 1;
        } else if (strcmp(words[i], "usage") == 0 && left >= 1) {
            settings.tells_usage = true;
            settings.coarse_mib = number(words[i + 1]);
            i += 1;
        } else if (strcmp(words[i], "relay") == 0 && left >= 1) {
            relay_listen(words[i + 1]);
            settings.relayed = true;
            i += 1;
        } else if (strcmp(words[i], "limit") == 0 && left >= 2) {
            set_limit(&settings, words[i + 1], words[i + 2]);
            i += 2;
        } else if ((strcmp(words[i], "mount") == 0 || strcmp(words[i], "may-mount") == 0) && left >= 1) {
            bool required = strcmp(words[i], "mount") == 0;
            mounts[mount_count++] = (struct mount_point){.path = words[i + 1], .required = required};
            i += 1;
        } else if (strcmp(words[i], "expect") == 0 && left >= 3) {
            expect_file(words[i + 1], words[i + 2], words[i + 3]);
            i += 3;
        } else if (strcmp(words[i], "directory") == 0 && left >= 1) {
            if (chdir(words[i + 1]) != 0) fail(EXIT_SETUP, "cannot enter %s: %s", words[i + 1], strerror(errno));
            i += 1;
        } else {
            fail(EXIT_SETUP, "init: bad setting %s", words[i]);
        }
    }
    if (mount_count > 0) verify_mounts(mounts, mount_count);
    free(mounts);
    return settings;
}

static struct restriction read_restriction(void) {
    struct block rules = read_block(SUPERVISOR_FD);
    return prepare_restriction(block_strings(&rules), rules.count);
}

static void apply_limits(const struct settings *settings) {
    for (size_t i = 0; i < LIMITS; i++) {
        if (!settings->limited[i]) continue;
        struct rlimit limit;
        getrlimit(limit_names[i].resource, &limit);
        rlim_t value = settings->limits[i] < limit.rlim_max ? settings->limits[i] : limit.rlim_max;
        limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
        if (setrlimit(limit_names[i].resource, &limit) != 0) {
            fail(EXIT_SETUP, "cannot limit %s: %s", limit_names[i].name, strerror(errno));
        }
    }
}

static void take_foreground(pid_t group) {
    /* Fails where standard input is no terminal of ours, and then there is nothing to hand over. */
    if (tcsetpgrp(STDIN_FILENO, group) != 0) return;
}

/* The last thing before the command: nothing of ours that the supervisor would have to decide comes after it. */
static void submit(const struct settings *settings) {
    /* It reads what this process is about to run. */
    if (prctl(PR_SET_DUMPABLE, 1) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    struct confinement confinement = {.landlock_abi = restrict_to(settings->restriction)};
    if (settings->in_place && confinement.landlock_abi == 0) fail(EXIT_SETUP, "the kernel has no Landlock");
    int listener = install_listener(settings->in_place);
    send_listener(SUPERVISOR_FD, listener, confinement);
    close(listener);
    close(SUPERVISOR_FD);
}

__attribute__((noreturn)) static void become_command(const struct settings *settings, char **argv, char **env) {
    setpgid(0, 0);
    if (settings->foreground) take_foreground(getpid());
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    apply_limits(settings);
    if (settings->in_place) confine_in_place();
    if (settings->supervised) submit(settings);
    sigprocmask(SIG_SETMASK, &none, NULL);
    environ = env;
    exec_command(argv);
}

static pid_t start_command(const struct settings *settings, char **argv, char **env) {
    pid_t command = fork();
    if (command < 0) fail(EXIT_SETUP, "cannot start a process: %s", strerror(errno));
    if (command == 0) become_command(settings, argv, env);
    /* Also here, so that no signal for the group can come too early; fails when the child was quicker. */
    if (setpgid(command, command) != 0) return command;
    return command;
}

/* After the command, which must not wait for it: connections that come earlier wait in the listener's queue. */
static pid_t start_relay(int child_signals) {
    pid_t relay = fork();
    if (relay < 0) fail(EXIT_SETUP, "cannot start a process: %s", strerror(errno));
    if (relay == 0) {
        close(CONTROL_FD);
        close(child_signals);
        relay_detach();
        relay_serve(-1);
    }
    relay_close();
    return relay;
}

static bool for_whole_group(int signal) {
    return signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP || signal == SIGCONT || signal == SIGWINCH;
}

static void kill_everything(struct state *state, const char *reason) {
    if (!state->ended) state->reason = reason;
    state->killing = state->in_place;
    if (state->killing) kill_descendants();
    else kill(-1, SIGKILL);
}

static void reap(struct state *state) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (WIFSTOPPED(status)) {
            if (pid == state->command) tell("stopped %d\n", WSTOPSIG(status));
        } else if (pid == state->command) {
            state->ended = true;
            state->status = status;
            state->deadline = now_ms() + leftovers_grace_ms;
            if (state->relay > 0) kill(state->relay, SIGKILL);
        } else if (pid == state->relay) {
            state->relay = 0;
        }
    }
    state->alone = pid < 0 && errno == ECHILD;
}

static void serve_requests(struct state *state) {
    unsigned char requests[64];
    ssize_t got = read(CONTROL_FD, requests, sizeof requests);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
        kill_everything(state, "killed");
        return;
    }
    for (ssize_t i = 0; i < got; i++) {
        if (requests[i] == KILL_ALL) {
            kill_everything(state, "killed");
        } else if (requests[i] == TAKE_FOREGROUND) {
            take_foreground(state->command);
        } else if (!state->ended && requests[i] < NSIG) {
            kill(for_whole_group(requests[i]) ? -state->command : state->command, requests[i]);
        }
    }
}

static void time_is_up(struct state *state) {
    if (state->ended || strcmp(state->reason, "timed-out") == 0) {
        kill_everything(state, "timed-out");
        state->deadline = -1;
        return;
    }
    state->reason = "timed-out";
    kill(-state->command, SIGTERM);
    kill(-state->command, SIGCONT);
    state->deadline = now_ms() + term_grace_ms;
}

static bool watches(const struct settings *settings) {
    return settings->memory_mib > 0 || settings->tells_usage;
}

static void look_around(struct state *state) {
    const struct settings *settings = state->settings;
    if (!watches(settings) || now_ms() < state->look_at) return;
    if (settings->memory_mib > 0 && memory_exceeds(settings->memory_mib)) kill_everything(state, "out-of-memory");
    if (settings->tells_usage) {
        struct usage usage = usage_in_view(state->relay, settings->coarse_mib);
        tell("usage %llu %llu %u\n", usage.cpu_ms, usage.memory_kib, usage.processes);
    }
    state->look_at = now_ms() + look_interval_ms;
}

static void supervise(struct state *state, int child_signals) {
    struct pollfd events[3] = {{.fd = child_signals, .events = POLLIN},
                               {.fd = CONTROL_FD, .events = POLLIN},
                               {.fd = state->in_place ? LIFE_FD : -1, .events = POLLIN}};
    while (!(state->ended && state->alone)) {
        long long left = state->deadline < 0 ? -1 : state->deadline - now_ms();
        if (state->deadline >= 0 && left <= 0) {
            time_is_up(state);
            continue;
        }
        look_around(state);
        bool looks = watches(state->settings);
        long long longest = looks ? look_interval_ms : 60000;
        int timeout = left < 0 && !looks ? -1 : left < 0 || left > longest ? (int)longest : (int)left;
        if (state->killing) timeout = killing_interval_ms;
        if (poll(events, 3, timeout) < 0 && errno != EINTR) fail(EXIT_SETUP, "poll: %s", strerror(errno));
        if (events[0].revents != 0) {
            struct signalfd_siginfo info;
            if (read(child_signals, &info, sizeof info) < 0 && errno != EAGAIN) fail(EXIT_SETUP, "signalfd");
        }
        reap(state);
        if (state->killing && !state->alone) kill_descendants();
        if (events[2].revents != 0) {
            kill_everything(state, "killed");
            events[2].fd = -1;
        }
        if (events[1].revents != 0) {
            serve_requests(state);
            if (events[1].revents & (POLLHUP | POLLERR)) events[1].fd = -1;
        }
    }
}

static void tell_end(const struct state *state) {
    struct rusage usage = {0};
    getrusage(RUSAGE_CHILDREN, &usage);
    int signal = WIFSIGNALED(state->status) ? WTERMSIG(state->status) : 0;
    int code = signal != 0 ? 128 + signal : WEXITSTATUS(state->status);
    tell("ended %s %d %d %lld %lld %ld\n", state->reason, code, signal,
         (long long)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
         (long long)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec, usage.ru_maxrss);
}

int init_command(int argc, char **argv) {
    bool in_place = argc == 1 && strcmp(argv[0], "in-place") == 0;
    bool supervised = in_place || (argc == 1 && strcmp(argv[0], "supervised") == 0);
    if ((argc != 0 && !supervised) || (getpid() != 1 && !in_place)) {
        fail(EXIT_SETUP, "init: only as process 1 of a sandbox");
    }
    if (in_place) {
        begin_in_place();
        watch_descendants();
    }
    close_range(in_place ? LIFE_FD + 1 : supervised ? SUPERVISOR_FD + 1 : REAL_STDERR_FD + 1, ~0u, 0);
    /* The command runs as the same user: this keeps it out of /proc/1, and so away from the control socket. */
    if (prctl(PR_SET_DUMPABLE, 0) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    if (supervised) fcntl(SUPERVISOR_FD, F_SETFD, FD_CLOEXEC);
    if (in_place) fcntl(LIFE_FD, F_SETFD, FD_CLOEXEC);

    sigset_t everything, children;
    sigfillset(&everything);
    sigprocmask(SIG_SETMASK, &everything, NULL);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    int child_signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_signals < 0) fail(EXIT_SETUP, "signalfd: %s", strerror(errno));

    struct block settings_block = read_block(CONTROL_FD);
    struct settings settings = read_settings((int)settings_block.count, block_strings(&settings_block));
    settings.supervised = supervised;
    settings.in_place = in_place;
    if (supervised) settings.restriction = read_restriction();
    /* They come when the guard has it on record that the command may start. */
    struct block environment_block = read_block(CONTROL_FD);
    struct block argv_block = read_block(CONTROL_FD);
    if (argv_block.count == 0) fail(EXIT_SETUP, "init: no command");

    /* Until here standard error was the launcher's, which turns what it reads into its own error. */
    if (dup2(REAL_STDERR_FD, STDERR_FILENO) < 0) fail(EXIT_SETUP, "dup2: %s", strerror(errno));
    close(REAL_STDERR_FD);

    struct state state = {.reason = "exited", .deadline = -1, .settings = &settings};
    state.look_at = now_ms() + look_interval_ms;
    state.in_place = in_place;
    if (settings.wall_ms > 0) state.deadline = now_ms() + settings.wall_ms;
    state.command = start_command(&settings, block_strings(&argv_block), block_strings(&environment_block));
    if (supervised) close(SUPERVISOR_FD);
    if (settings.restriction.ruleset >= 0) close(settings.restriction.ruleset);
    if (settings.relayed) state.relay = start_relay(child_signals);
    tell("started\n");
    supervise(&state, child_signals);
    tell_end(&state);
    return 0;
}
