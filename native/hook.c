/*
 * writ-exec hook SOCKET TOKENFILE
 *
 * An assistant's pre-tool hook: standard input goes to the guard as `POST /hook`, the guard's answer to standard
 * output. Exit 0 only for a whole 200 response whose body is a JSON object; everything else is one line on standard
 * error and exit 2, which denies in every assistant that has such hooks, as no other outcome does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "http.h"
#include "json.h"
#include "report.h"

enum { DENY = 2, MAX_TOKEN_BYTES = 4096 };

static const size_t max_bytes = 4u << 20;
/* Shorter than the assistants' own timeouts, after which they would run the tool. */
static const long long patience_ms = 25000;

static long long deadline;

struct buffer {
    char *bytes;
    size_t length, room;
};

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Dying of a signal would let the tool run in three assistants. */
static void deny_on_signal(int signal) {
    (void)signal;
    static const char line[] = "writ: denied: the guard's hook was interrupted\n";
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0) _exit(DENY);
    _exit(DENY);
}

static void wait_for(int fd, short events, const char *whom) {
    struct pollfd event = {.fd = fd, .events = events};
    for (;;) {
        long long left = deadline - now_ms();
        if (left <= 0) fail(DENY, "denied: no answer in time from %s", whom);
        int ready = poll(&event, 1, (int)left);
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) fail(DENY, "denied: poll: %s", strerror(errno));
    }
}

/* Reads once; false at the end. The buffer holds a byte more than `max_bytes`, so that too much is noticed. */
static bool read_some(int fd, struct buffer *buffer, size_t limit, const char *whom) {
    if (buffer->length == buffer->room) {
        buffer->room = buffer->room == 0 ? 64 * 1024 : buffer->room * 2;
        buffer->bytes = realloc(buffer->bytes, buffer->room);
        if (buffer->bytes == NULL) fail(DENY, "denied: out of memory");
    }
    for (;;) {
        wait_for(fd, POLLIN, whom);
        ssize_t got = read(fd, buffer->bytes + buffer->length, buffer->room - buffer->length);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) fail(DENY, "denied: cannot read from %s: %s", whom, strerror(errno));
        buffer->length += (size_t)got;
        if (buffer->length > limit) fail(DENY, "denied: %s sent more than %zu bytes", whom, limit);
        return got > 0;
    }
}

static void write_all(int fd, const char *bytes, size_t length, const char *whom) {
    while (length > 0) {
        wait_for(fd, POLLOUT, whom);
        ssize_t wrote = write(fd, bytes, length);
        if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (wrote < 0) fail(DENY, "denied: cannot write to %s: %s", whom, strerror(errno));
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

static char *read_token(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(DENY, "denied: cannot open the hook's token: %s", strerror(errno));
    struct buffer token = {0};
    while (read_some(fd, &token, MAX_TOKEN_BYTES, "the token's file")) continue;
    close(fd);
    while (token.length > 0 && strchr(" \r\n\t", token.bytes[token.length - 1]) != NULL) token.length--;
    if (token.length == 0) fail(DENY, "denied: the hook's token is empty");
    for (size_t i = 0; i < token.length; i++) {
        unsigned char c = (unsigned char)token.bytes[i];
        if (c <= 0x20 || c >= 0x7f) fail(DENY, "denied: the hook's token is not valid");
    }
    token.bytes[token.length] = '\0';
    return token.bytes;
}

static int connect_guard(const char *path) {
    struct sockaddr_un guard = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof guard.sun_path) fail(DENY, "denied: the guard's socket path is not valid");
    memcpy(guard.sun_path, path, length + 1);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) fail(DENY, "denied: socket: %s", strerror(errno));
        if (connect(fd, (struct sockaddr *)&guard, sizeof guard) == 0) return fd;
        /* EAGAIN: the guard's queue is full for the moment. */
        if (errno != EAGAIN || now_ms() >= deadline) fail(DENY, "denied: the guard cannot be reached: %s", strerror(errno));
        close(fd);
        poll(NULL, 0, 10);
    }
}

static void send_request(int guard, const char *token, const struct buffer *body) {
    char head[MAX_TOKEN_BYTES + 256];
    int length = snprintf(head, sizeof head,
                          "POST /hook HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                          token, body->length);
    if (length < 0 || (size_t)length >= sizeof head) fail(DENY, "denied: the request is too large");
    write_all(guard, head, (size_t)length, "the guard");
    write_all(guard, body->bytes, body->length, "the guard");
}

static struct http_response receive_response(int guard, struct buffer *received) {
    struct http_response response = {0};
    for (;;) {
        bool more = read_some(guard, received, max_bytes, "the guard");
        enum http_progress progress = parse_response(received->bytes, received->length, &response);
        if (progress == HTTP_COMPLETE) return response;
        if (progress == HTTP_BAD) fail(DENY, "denied: the guard's answer could not be understood");
        if (!more) fail(DENY, "denied: the guard's answer was cut short");
    }
}

int hook_command(int argc, char **argv) {
    deadline = now_ms() + patience_ms;
    signal(SIGPIPE, SIG_IGN);
    static const int ends[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], deny_on_signal);
    if (argc != 2) fail(DENY, "denied: usage: writ-exec hook SOCKET TOKENFILE");

    struct buffer event = {0};
    while (read_some(STDIN_FILENO, &event, max_bytes, "the assistant")) continue;
    char *token = read_token(argv[1]);
    int guard = connect_guard(argv[0]);
    send_request(guard, token, &event);
    struct buffer received = {0};
    struct http_response response = receive_response(guard, &received);
    close(guard);

    if (response.status != 200) fail(DENY, "denied: the guard answered with status %d", response.status);
    if (!is_json_object(response.body, response.body_length)) fail(DENY, "denied: the guard's answer is not JSON");
    write_all(STDOUT_FILENO, response.body, response.body_length, "the assistant");
    free(received.bytes);
    free(token);
    free(event.bytes);
    return 0;
}
