/*
 * writ-exec launch [--cgroup DIRECTORY]
 *
 * Outside the sandbox: becomes bubblewrap, with nothing inherited but the standard streams and the control socket.
 * The block on the control socket holds bubblewrap's path, its arguments (each ending in NUL), and then the content
 * of one file for each descriptor from FIRST_DATA_FD + 1 on that the arguments name; FIRST_DATA_FD is the arguments'.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "block.h"
#include "commands.h"
#include "report.h"

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

static void join_cgroup(const char *directory) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    if (length < 0 || (size_t)length >= sizeof path) fail(EXIT_SETUP, "the cgroup's path is too long");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1) fail(EXIT_SETUP, "cannot join %s: %s", path, strerror(errno));
    close(fd);
}

int launch_command(int argc, char **argv) {
    /* Before anything else: whatever the caller had open, such as a folder, would be a way out of the sandbox. */
    if (close_range(REAL_STDERR_FD + 1, ~0u, 0) != 0) fail(EXIT_SETUP, "close_range: %s", strerror(errno));
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    ignore_group_signals();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--cgroup") != 0 || i + 1 >= argc) fail(EXIT_SETUP, "launch: bad argument %s", argv[i]);
        join_cgroup(argv[++i]);
    }

    struct block block = read_block(CONTROL_FD);
    if (block.count < 2 || block.count > 200) fail(EXIT_SETUP, "launch: bad data");
    for (uint32_t i = 1; i < block.count; i++) place_data(&block.items[i], FIRST_DATA_FD + (int)i - 1);

    char arguments[16];
    snprintf(arguments, sizeof arguments, "%d", FIRST_DATA_FD);
    /* Its place inside is also in src/guard/sandbox/view.ts. */
    char *const bubblewrap[] = {"bwrap", "--args", arguments, "--", "/run/writ/writ-exec", "init", NULL};
    char *const environment[] = {NULL};
    execve(block.items[0].bytes, bubblewrap, environment);
    fail(EXIT_SETUP, "cannot start %s: %s", block.items[0].bytes, strerror(errno));
}
