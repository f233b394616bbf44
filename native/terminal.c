#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, MOST_TYPED = 64 << 10 };

static void copy_size(int from, int to) {
    struct winsize size;
    if (ioctl(from, TIOCGWINSZ, &size) == 0 && ioctl(to, TIOCSWINSZ, &size) != 0) return;
}

bool terminal_open(struct terminal *terminal) {
    terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->master < 0) return false;
    int unlocked = 0;
    if (ioctl(terminal->master, TIOCSPTLCK, &unlocked) != 0) return false;
    terminal->slave = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->slave < 0 || tcgetattr(STDIN_FILENO, &terminal->saved) != 0) return false;
    if (tcsetattr(terminal->slave, TCSANOW, &terminal->saved) != 0) return false;
    copy_size(STDIN_FILENO, terminal->slave);
    fcntl(terminal->master, F_SETFL, O_NONBLOCK);
    terminal->shares_errors = isatty(STDERR_FILENO);
    return true;
}

void terminal_adopt(const struct terminal *terminal) {
    if (setsid() < 0 || ioctl(terminal->slave, TIOCSCTTY, 0) != 0) _exit(125);
    if (dup2(terminal->slave, STDIN_FILENO) < 0 || dup2(terminal->slave, STDOUT_FILENO) < 0) _exit(125);
    if (terminal->shares_errors && dup2(terminal->slave, STDERR_FILENO) < 0) _exit(125);
}

void terminal_begin(struct terminal *terminal) {
    if (terminal->master < 0 || tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
    struct termios raw = terminal->saved;
    cfmakeraw(&raw);
    terminal->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void terminal_end(struct terminal *terminal) {
    if (!terminal->raw) return;
    terminal->raw = false;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->saved) != 0) return;
}

void terminal_resize(struct terminal *terminal) {
    struct winsize size;
    if (terminal->master < 0 || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) return;
    if (ioctl(terminal->master, TIOCSWINSZ, &size) == 0) recording_resize(&terminal->recording, size.ws_col, size.ws_row);
}

static void show(const char *bytes, ssize_t length) {
    while (length > 0) {
        ssize_t wrote = write(STDOUT_FILENO, bytes, (size_t)length);
        struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
        if (wrote < 0 && errno == EAGAIN) poll(&ready, 1, -1);
        if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (wrote <= 0) return;
        bytes += wrote;
        length -= wrote;
    }
}

static void take_typed(struct terminal *terminal) {
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    char bytes[4096];
    if (terminal->typed.length > MOST_TYPED || poll(&ready, 1, 0) <= 0) return;
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got > 0) buffer_append(&terminal->typed, bytes, (size_t)got);
}

bool terminal_serve(struct terminal *terminal, bool typing) {
    static char bytes[READ_BYTES];
    if (terminal->master < 0) return false;
    if (typing && terminal->raw) take_typed(terminal);
    if (terminal->typed.length > 0) {
        ssize_t wrote = write(terminal->master, terminal->typed.bytes, terminal->typed.length);
        if (wrote > 0) buffer_drop(&terminal->typed, (size_t)wrote);
    }
    ssize_t got = read(terminal->master, bytes, sizeof bytes);
    if (got > 0) {
        /* On record first: what could not be written was not shown. */
        size_t allowed = output_allow(terminal->output, (size_t)got);
        recording_output(&terminal->recording, bytes, allowed);
        show(bytes, (ssize_t)allowed);
        return true;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

void terminal_close(struct terminal *terminal) {
    terminal_end(terminal);
    recording_close(&terminal->recording);
    if (terminal->master >= 0) close(terminal->master);
    if (terminal->slave >= 0) close(terminal->slave);
    terminal->master = terminal->slave = -1;
    buffer_free(&terminal->typed);
}
