/*
 * Where root is the launcher, the sandbox's user is root as the host sees it, and so the owner of the host's device
 * files: with chmod it could take /dev/null from everybody. bubblewrap cannot mount a device read-only (it would
 * become unusable), but what it finds read-only stays so.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block.h"
#include "commands.h"
#include "devices.h"
#include "report.h"

/* Those that bubblewrap puts into every /dev; also in src/guard/sandbox/view.ts. */
static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                      "/dev/random", "/dev/urandom", "/dev/tty"};
enum { DEVICES = sizeof devices / sizeof *devices };

static void mount_read_only(const char *device) {
    static const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC;
    if (mount(device, device, NULL, MS_BIND, NULL) != 0 || mount(NULL, device, NULL, flags, NULL) != 0) {
        fail(EXIT_SETUP, "cannot protect %s: %s", device, strerror(errno));
    }
}

/* A stream that the caller opened leads to the host's own mount, which is writable: the same device, opened anew. */
static void reopen(int stream) {
    struct stat open_file, device;
    int flags = fcntl(stream, F_GETFL);
    if (flags < 0 || fstat(stream, &open_file) != 0 || !S_ISCHR(open_file.st_mode)) return;
    for (size_t i = 0; i < DEVICES; i++) {
        if (stat(devices[i], &device) != 0 || device.st_rdev != open_file.st_rdev) continue;
        int fd = open(devices[i], (flags & (O_ACCMODE | O_APPEND | O_NONBLOCK)) | O_NOCTTY);
        if (fd < 0 || dup2(fd, stream) < 0) fail(EXIT_SETUP, "cannot open %s: %s", devices[i], strerror(errno));
        close(fd);
        return;
    }
}

void protect_devices(void) {
    if (geteuid() != 0) return;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        fail(EXIT_SETUP, "cannot protect the host's devices from a command started by root: %s", strerror(errno));
    }
    for (size_t i = 0; i < DEVICES; i++) mount_read_only(devices[i]);
    static const int streams[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, REAL_STDERR_FD};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) reopen(streams[i]);
}
