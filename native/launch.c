/*
 * writ-exec launch [--cgroup DIRECTORY]…
 *
 * Outside the sandbox: starts bubblewrap, with nothing inherited but the standard streams and the control socket.
 * The block on the control socket holds bubblewrap's path, its arguments (each ending in NUL), and then the content
 * of one file for each descriptor from FIRST_DATA_FD + 1 on that the arguments name; FIRST_DATA_FD is the arguments'.
 *
 * Without supervision it becomes bubblewrap. Where the arguments begin with `supervise SOCKET TOKEN WORD… bubblewrap`,
 * which are not bubblewrap's, it stays, as bubblewrap's parent, and decides with the guard that listens at SOCKET
 * which programs start (supervise.c); the words in between are for process 1 (landlock.c). Where `in-place` stands
 * for `bubblewrap`, there are no namespaces to be had: the words after it are for in_place.h, and process 1's stand-in
 * is started without bubblewrap.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "block.h"
#include "commands.h"
#include "devices.h"
#include "in_place.h"
#include "report.h"
#include "supervise.h"
#include "wire.h"
#include "words.h"

/* bubblewrap must outlive what is sent to its whole process group: the command decides what a signal means. */
static void ignore_group_signals(void) {
    static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
                                  SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_IGN);
}

static void write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t wrote = write(fd, bytes, length);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) fail(EXIT_SETUP, "cannot hand over sandbox data: %s", strerror(errno));
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

static void place_data(const struct item *item, int target) {
    int fd = memfd_create("writ", MFD_CLOEXEC);
    if (fd < 0) fail(EXIT_SETUP, "memfd_create: %s", strerror(errno));
    write_all(fd, item->bytes, item->length);
    if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, target) < 0) fail(EXIT_SETUP, "dup2: %s", strerror(errno));
    if (fd != target) close(fd);
}

static int open_cgroup(const char *directory, const char *file) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", directory, file);
    if (length < 0 || (size_t)length >= sizeof path) fail(EXIT_SETUP, "the cgroup's path is too long");
    return open(path, O_WRONLY | O_CLOEXEC);
}

/*
 * Through `tasks`, where there is one (version 1): a thread that moves itself needs no lock on all threads of the
 * machine, for which the kernel would wait for an RCU grace period, 10 to 30 ms. We have but one thread.
 */
static void join_cgroup(const char *directory) {
    int fd = open_cgroup(directory, "tasks");
    if (fd < 0) fd = open_cgroup(directory, "cgroup.procs");
    if (fd < 0 || write(fd, "0", 1) != 1) fail(EXIT_SETUP, "cannot join %s: %s", directory, strerror(errno));
    close(fd);
}

/* What stands before bubblewrap's own arguments; removes it from them. */
static bool take_supervision(struct item *arguments, struct supervision *supervision, struct words *rules) {
    const char *end = arguments->bytes + arguments->length;
    const char *word = arguments->bytes;
    for (int i = 0; word < end && memchr(word, '\0', (size_t)(end - word)) != NULL; i++) {
        const char *next = word + strlen(word) + 1;
        if (i == 0 && strcmp(word, "supervise") != 0) return false;
        if (i == 1) supervision->socket = strdup(word);
        if (i == 2) supervision->token = strdup(word);
        supervision->in_place = i > 2 && strcmp(word, "in-place") == 0;
        if (supervision->in_place || (i > 2 && strcmp(word, "bubblewrap") == 0)) {
            arguments->length = (uint32_t)(end - next);
            memmove(arguments->bytes, next, arguments->length);
            return true;
        }
        if (i > 2) add_text(rules, word);
        word = next;
    }
    if (word != arguments->bytes) fail(EXIT_SETUP, "launch: bad data");
    return false;
}

/* Its place inside is also in src/guard/sandbox/view.ts. */
__attribute__((noreturn)) static void become_bubblewrap(const char *path, bool supervised) {
    protect_devices();
    char arguments[16];
    snprintf(arguments, sizeof arguments, "%d", FIRST_DATA_FD);
    char *const words[] = {"bwrap", "--args", arguments, "--", "/run/writ/writ-exec", "init",
                           supervised ? "supervised" : NULL, NULL};
    char *const environment[] = {NULL};
    execve(path, words, environment);
    fail(EXIT_SETUP, "cannot start %s: %s", path, strerror(errno));
}

/* Under the name of its own program, since there is no other way to it. It notices by LIFE_FD that we are gone. */
__attribute__((noreturn)) static void start_stand_in(char *const *cgroups, int outside, int life) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (char *const *cgroup = cgroups; *cgroup != NULL; cgroup++) join_cgroup(*cgroup);
    drop_capabilities();
    if (dup2(outside, SUPERVISOR_FD) < 0 || dup2(life, LIFE_FD) < 0) fail(EXIT_SETUP, "dup2: %s", strerror(errno));
    char *const words[] = {"writ-exec", "init", "in-place", NULL};
    char *const environment[] = {NULL};
    execve("/proc/self/exe", words, environment);
    fail(EXIT_SETUP, "cannot start process 1's stand-in: %s", strerror(errno));
}

/* In the child: everything as it would be without a supervisor, and the socket to it. */
__attribute__((noreturn)) static void start_sandbox(const char *path, char *const *cgroups, int outside, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(EXIT_SETUP);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (char *const *cgroup = cgroups; *cgroup != NULL; cgroup++) join_cgroup(*cgroup);
    if (dup2(outside, SUPERVISOR_FD) < 0) fail(EXIT_SETUP, "dup2: %s", strerror(errno));
    become_bubblewrap(path, true);
}

/* The command's own streams are not the supervisor's to hold. */
static void let_go_of_streams(uint32_t files) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0) {
        fail(EXIT_SETUP, "/dev/null: %s", strerror(errno));
    }
    close(nothing);
    close(CONTROL_FD);
    for (uint32_t i = 0; i < files; i++) close(FIRST_DATA_FD + (int)i);
}

/* As one block, and at once: a rule is a few bytes, and there are hundreds. */
static void write_rules(int socket, const struct words *rules) {
    struct buffer block = {0};
    append_count(&block, rules->count);
    const char *at = rules->bytes;
    for (uint32_t i = 0; i < rules->count; i++) {
        append_text(&block, at);
        at += strlen(at) + 1;
    }
    write_all(socket, block.bytes, block.length);
    buffer_free(&block);
}

static int launch_supervised(const struct block *block, char *const *cgroups, const struct supervision *supervision,
                             const struct words *rules) {
    int guard = begin_supervision(supervision);
    int inside[2], life[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, inside) != 0 || pipe2(life, O_CLOEXEC) != 0) {
        fail(EXIT_SETUP, "socketpair: %s", strerror(errno));
    }
    if (supervision->in_place) prepare_in_place(block->items[1].bytes, block->items[1].length);
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, END_EVERYTHING);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    signal(SIGCHLD, SIG_DFL);
    /* Until process 1 dies with bubblewrap, it has to be ended; see there. */
    if (prctl(PR_SET_PDEATHSIG, END_EVERYTHING) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    pid_t self = getpid();
    pid_t sandbox = fork();
    if (sandbox < 0) fail(EXIT_SETUP, "cannot start a process: %s", strerror(errno));
    if (sandbox == 0 && supervision->in_place) start_stand_in(cgroups, inside[1], life[0]);
    if (sandbox == 0) start_sandbox(block->items[0].bytes, cgroups, inside[1], self);
    close(inside[1]);
    close(life[0]);
    let_go_of_streams(block->count - 1);
    if (supervision->in_place) drop_capabilities();
    write_rules(inside[0], rules);
    return supervise_sandbox(sandbox, inside[0], guard, supervision->in_place);
}

int launch_command(int argc, char **argv) {
    /* Before anything else: whatever the caller had open, such as a folder, would be a way out of the sandbox. */
    if (close_range(REAL_STDERR_FD + 1, ~0u, 0) != 0) fail(EXIT_SETUP, "close_range: %s", strerror(errno));
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    ignore_group_signals();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    char *cgroups[MAX_CGROUPS + 1] = {NULL};
    int joined = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--cgroup") != 0 || i + 1 >= argc) fail(EXIT_SETUP, "launch: bad argument %s", argv[i]);
        if (joined == MAX_CGROUPS) fail(EXIT_SETUP, "launch: too many cgroups");
        cgroups[joined++] = argv[++i];
    }

    struct block block = read_block(CONTROL_FD);
    if (block.count < 2 || block.count > 200) fail(EXIT_SETUP, "launch: bad data");
    struct supervision supervision = {0};
    struct words rules = {0};
    bool supervised = take_supervision(&block.items[1], &supervision, &rules);
    for (uint32_t i = 1; i < block.count; i++) place_data(&block.items[i], FIRST_DATA_FD + (int)i - 1);
    if (supervised) return launch_supervised(&block, cgroups, &supervision, &rules);
    for (char *const *cgroup = cgroups; *cgroup != NULL; cgroup++) join_cgroup(*cgroup);
    become_bubblewrap(block.items[0].bytes, false);
}
