#include "guard_link.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

/* Beyond this the guard does not keep up, and nothing may go on unrecorded. */
enum { MOST_OUTPUT = 64 << 20, LONGEST_LINE = 16 << 10 };

static struct {
    char *bytes;
    size_t length, room;
    size_t begin; /* of the message that is being made */
    uint32_t items;
} output;

static struct {
    char bytes[LONGEST_LINE];
    size_t length, used;
} input;

int join_guard(const char *path) {
    int guard = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (guard < 0) fail(EXIT_SETUP, "socket: %s", strerror(errno));
    /* Through its folder, since the whole path may be longer than an address can be. */
    char *copy = strdup(path), *copy_too = strdup(path);
    if (copy == NULL || copy_too == NULL) fail(EXIT_SETUP, "out of memory");
    int folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, basename(copy_too));
    if (length < 0 || (size_t)length >= sizeof address.sun_path) fail(EXIT_SETUP, "launch: the socket's name is too long");
    free(copy);
    free(copy_too);
    if (folder < 0 || connect(guard, (struct sockaddr *)&address, sizeof address) != 0) {
        fail(EXIT_SETUP, "cannot reach the guard: %s", strerror(errno));
    }
    close(folder);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(guard, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || (peer.uid != getuid() && peer.uid != 0)) {
        fail(EXIT_SETUP, "another user listens in the guard's place");
    }
    return guard;
}

static char *reserve(size_t length) {
    if (output.length + length > MOST_OUTPUT) fail(EXIT_SETUP, "the guard does not keep up");
    if (output.room - output.length < length) {
        size_t room = (output.length + length) * 2;
        char *bytes = realloc(output.bytes, room);
        if (bytes == NULL) fail(EXIT_SETUP, "out of memory");
        output.bytes = bytes;
        output.room = room;
    }
    char *at = output.bytes + output.length;
    output.length += length;
    return at;
}

static void put_number(char *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (char)(value >> 8 * i);
}

void begin_message(const char *type) {
    output.begin = output.length;
    output.items = 0;
    reserve(4);
    add_string(type);
}

void add_item(const char *bytes, size_t length) {
    char *at = reserve(4 + length);
    put_number(at, (uint32_t)length);
    if (length > 0) memcpy(at + 4, bytes, length);
    output.items++;
}

void add_string(const char *text) { add_item(text, strlen(text)); }

void add_number(uint64_t number) {
    char text[24];
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    add_item(text, (size_t)length);
}

void end_message(void) { put_number(output.bytes + output.begin, output.items); }

bool output_waits(void) { return output.length > 0; }

bool flush_output(int guard, bool wait) {
    size_t sent = 0;
    while (sent < output.length) {
        ssize_t got = send(guard, output.bytes + sent, output.length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (got > 0) {
            sent += (size_t)got;
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd event = {.fd = guard, .events = POLLOUT};
            if (!wait) break;
            if (poll(&event, 1, -1) < 0 && errno != EINTR) return false;
        } else {
            return false;
        }
    }
    memmove(output.bytes, output.bytes + sent, output.length - sent);
    output.length -= sent;
    return true;
}

bool fill_input(int guard) {
    if (input.used > 0) {
        memmove(input.bytes, input.bytes + input.used, input.length - input.used);
        input.length -= input.used;
        input.used = 0;
    }
    /* A line that does not fit is none of the guard's. */
    if (input.length == sizeof input.bytes) return false;
    ssize_t got = recv(guard, input.bytes + input.length, sizeof input.bytes - input.length, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    input.length += (size_t)got;
    return got > 0;
}

char *next_line(void) {
    char *line = input.bytes + input.used;
    char *end = memchr(line, '\n', input.length - input.used);
    if (end == NULL) return NULL;
    *end = '\0';
    input.used = (size_t)(end + 1 - input.bytes);
    return line;
}
