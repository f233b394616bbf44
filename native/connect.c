/*
 * writ-exec connect HOST PORT
 *
 * Inside the sandbox, as ssh's ProxyCommand: a tunnel through the guard's proxy (RFC 9110 section 9.3.6), which decides
 * and records it. Standard input and output are its ends. It holds nothing that the command does not have.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"

/* Also in src/guard/egress/environment.ts. */
enum { PROXY_PORT = 3128, MAX_HEAD = 8192, BUFFER = 64 * 1024, FAILED = 255 };

static void write_all(int to, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(to, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) exit(FAILED);
        bytes += written;
        length -= (size_t)written;
    }
}

static int reach_proxy(void) {
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(PROXY_PORT)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int proxy = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy < 0 || connect(proxy, (struct sockaddr *)&where, sizeof where) != 0) {
        fail(FAILED, "this profile names no host, so nothing leads out of the sandbox");
    }
    return proxy;
}

/* Byte by byte: what follows the head is the other side's. */
static void open_tunnel(int proxy) {
    char head[MAX_HEAD + 1];
    size_t length = 0;
    while (length < MAX_HEAD && read(proxy, head + length, 1) == 1) {
        length++;
        if (length >= 4 && memcmp(head + length - 4, "\r\n\r\n", 4) == 0) break;
    }
    head[length] = '\0';
    if (strncmp(head, "HTTP/1.1 200", 12) == 0) return;
    size_t line = strcspn(head, "\r\n");
    fail(FAILED, "the proxy opens no connection: %.*s", (int)line, head);
}

/* False once there is nothing more to come. */
static bool pass_on(int from, int to) {
    static char bytes[BUFFER];
    ssize_t got = read(from, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    write_all(to, bytes, (size_t)got);
    return true;
}

int connect_command(int argc, char **argv) {
    char request[1024];
    if (argc != 2) fail(FAILED, "usage: writ-exec connect HOST PORT");
    const char *host = argv[0];
    char *end;
    long port = strtol(argv[1], &end, 10);
    if (*end != '\0' || port < 1 || port > 65535 || host[0] == '\0' || strpbrk(host, "\r\n \t/@") != NULL) {
        fail(FAILED, "connect: not a host and a port");
    }
    bool bare = strchr(host, ':') == NULL;
    const char *open = bare ? "" : "[", *shut = bare ? "" : "]";
    int length = snprintf(request, sizeof request, "CONNECT %s%s%s:%ld HTTP/1.1\r\nHost: %s%s%s:%ld\r\n\r\n", open, host, shut,
                          port, open, host, shut, port);
    if (length < 0 || (size_t)length >= sizeof request) fail(FAILED, "connect: the host's name is too long");
    int proxy = reach_proxy();
    write_all(proxy, request, (size_t)length);
    open_tunnel(proxy);
    struct pollfd ends[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = proxy, .events = POLLIN}};
    for (;;) {
        if (poll(ends, 2, -1) < 0 && errno != EINTR) return FAILED;
        if (ends[1].revents != 0 && !pass_on(proxy, STDOUT_FILENO)) return 0;
        if (ends[0].revents != 0 && !pass_on(STDIN_FILENO, proxy)) {
            shutdown(proxy, SHUT_WR);
            ends[0].fd = -1;
            ends[0].revents = 0;
        }
    }
}
