/*
 * writ-exec relay --listen ADDRESS:PORT=SOCKET [--listen …] -- COMMAND ARGUMENT…
 *
 * Loopback listeners whose connections are carried to Unix sockets, for as long as the command runs.
 * The command keeps this process's place: its signals, terminal and exit status are untouched. The relay is a
 * grandchild, so that the command sees no child that it did not start, and it ends when the command does.
 *
 * init.c has the same loop as a child of process 1, for the guard's proxy. It holds nothing that the command does not
 * have: the sockets are in view. Whoever stops it, or listens in its place, only cuts or deceives the command itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "exec.h"
#include "relay.h"
#include "report.h"

enum { MAX_LISTENERS = 16, MAX_CONNECTIONS = 512, MAX_ANNOUNCED = 1024, BUFFER_BYTES = 64 * 1024 };

/* How long a connection waits for a place in the Unix socket's queue. */
static const long long connect_patience_ms = 5000;

struct listener {
    int fd;
    struct sockaddr_un target;
};

/* One direction: what was read from `from` and is not yet written to `to`. */
struct flow {
    size_t start, end;
    bool source_ended, closed;
    bool unheard; /* `to` takes no more: what comes is thrown away */
    char bytes[BUFFER_BYTES];
};

struct connection {
    int client, upstream; /* upstream is -1 until its queue had room */
    const struct listener *listener;
    long long give_up_at;
    struct flow up, down;
};

static struct listener listeners[MAX_LISTENERS];
static size_t listener_count;
static struct connection *connections[MAX_CONNECTIONS];
static size_t connection_count;
static int admissions = -1;

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The port, which the kernel chooses where it is 0. */
static uint16_t listen_at(struct sockaddr_in where, const char *path) {
    if (listener_count == MAX_LISTENERS) fail(EXIT_SETUP, "relay: too many listeners");
    struct listener *listener = &listeners[listener_count++];
    listener->target.sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof listener->target.sun_path) fail(EXIT_SETUP, "relay: bad socket path %s", path);
    memcpy(listener->target.sun_path, path, length + 1);

    int on = 1;
    socklen_t size = sizeof where;
    listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0) fail(EXIT_SETUP, "relay: socket: %s", strerror(errno));
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener->fd, (struct sockaddr *)&where, sizeof where) != 0 || listen(listener->fd, 128) != 0 ||
        getsockname(listener->fd, (struct sockaddr *)&where, &size) != 0) {
        fail(EXIT_SETUP, "relay: cannot listen on port %d: %s", ntohs(where.sin_port), strerror(errno));
    }
    return ntohs(where.sin_port);
}

uint16_t relay_listen_anywhere(const char *path) {
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return listen_at(where, path);
}

void relay_listen(const char *text) {
    char address[64];
    const char *equals = strchr(text, '=');
    const char *colon = equals == NULL ? NULL : memrchr(text, ':', (size_t)(equals - text));
    if (colon == NULL || (size_t)(colon - text) >= sizeof address) {
        fail(EXIT_SETUP, "relay: bad listener %s; expected ADDRESS:PORT=SOCKET", text);
    }
    memcpy(address, text, (size_t)(colon - text));
    address[colon - text] = '\0';
    char *end;
    long port = strtol(colon + 1, &end, 10);
    struct sockaddr_in where = {.sin_family = AF_INET};
    bool valid = end == equals && end != colon + 1 && port > 0 && port < 65536;
    if (!valid || inet_pton(AF_INET, address, &where.sin_addr) != 1) fail(EXIT_SETUP, "relay: bad address in %s", text);
    if ((ntohl(where.sin_addr.s_addr) >> 24) != 127) fail(EXIT_SETUP, "relay: %s is not a loopback address", address);
    where.sin_port = htons((uint16_t)port);
    listen_at(where, equals + 1);
}

void relay_admit(int announced) {
    admissions = announced;
    if (fcntl(announced, F_SETFL, O_NONBLOCK) != 0) fail(EXIT_SETUP, "relay: %s", strerror(errno));
}

/* Each announcement serves once. */
static bool is_admitted(uint16_t port) {
    static uint16_t announced[MAX_ANNOUNCED];
    static size_t count;
    if (admissions < 0) return true;
    while (count < MAX_ANNOUNCED && read(admissions, &announced[count], sizeof *announced) == sizeof *announced) count++;
    for (size_t i = 0; i < count; i++) {
        if (announced[i] != port) continue;
        announced[i] = announced[--count];
        return true;
    }
    return false;
}

static void accept_connection(const struct listener *listener) {
    struct sockaddr_in from = {0};
    socklen_t length = sizeof from;
    int client = accept4(listener->fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    struct connection *connection = is_admitted(ntohs(from.sin_port)) ? malloc(sizeof *connection) : NULL;
    if (connection == NULL) {
        close(client);
        return;
    }
    int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->client = client;
    connection->upstream = -1;
    connection->listener = listener;
    connection->give_up_at = now_ms() + connect_patience_ms;
    connection->up = (struct flow){0};
    connection->down = (struct flow){0};
    connections[connection_count++] = connection;
}

/* False when there is nobody to connect to. A full queue is tried again at the next turn. */
static bool connect_upstream(struct connection *connection) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return now_ms() < connection->give_up_at;
    const struct sockaddr_un *target = &connection->listener->target;
    if (connect(fd, (const struct sockaddr *)target, sizeof *target) == 0) {
        connection->upstream = fd;
        return true;
    }
    bool again = errno == EAGAIN;
    close(fd);
    return again && now_ms() < connection->give_up_at;
}

/* Moves what can be moved without waiting. False when the source broke. */
static bool pump(struct flow *flow, int from, int to) {
    if (!flow->source_ended && flow->end < BUFFER_BYTES) {
        ssize_t got = read(from, flow->bytes + flow->end, BUFFER_BYTES - flow->end);
        if (got > 0) flow->end += (size_t)got;
        if (got == 0) flow->source_ended = true;
        if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
    }
    if (flow->start < flow->end && !flow->unheard) {
        ssize_t wrote = send(to, flow->bytes + flow->start, flow->end - flow->start, MSG_NOSIGNAL);
        if (wrote > 0) flow->start += (size_t)wrote;
        if (wrote < 0 && errno != EAGAIN && errno != EINTR) flow->unheard = true;
    }
    if (flow->unheard) flow->start = flow->end;
    if (flow->start == flow->end) {
        flow->start = flow->end = 0;
        if (flow->source_ended && !flow->closed) {
            shutdown(to, SHUT_WR);
            flow->closed = true;
        }
    }
    return true;
}

/* False when the connection is over. An answer can come before all was asked, and is still passed on whole. */
static bool advance(struct connection *connection) {
    if (connection->upstream < 0 && !connect_upstream(connection)) return false;
    if (connection->upstream < 0) return true;
    if (!pump(&connection->up, connection->client, connection->upstream)) return false;
    if (!pump(&connection->down, connection->upstream, connection->client)) return false;
    if (connection->down.unheard) return false;
    return !(connection->down.closed && (connection->up.closed || connection->up.unheard));
}

static void drop_connection(size_t index) {
    struct connection *connection = connections[index];
    /* Nothing was answered, or an answer was cut: a reset tells so, a plain close would look complete. */
    if (!connection->down.closed) {
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(connection->client);
    if (connection->upstream >= 0) close(connection->upstream);
    free(connection);
    connections[index] = connections[--connection_count];
}

static short wanted_events(const struct flow *incoming, const struct flow *outgoing) {
    short events = 0;
    if (!incoming->source_ended && incoming->end < BUFFER_BYTES) events |= POLLIN;
    if (outgoing->start < outgoing->end) events |= POLLOUT;
    return events;
}

/* -1 where nothing is awaited: poll would report a hang-up over and over. */
static struct pollfd watch(int fd, short events) {
    return (struct pollfd){.fd = events == 0 ? -1 : fd, .events = events};
}

void relay_serve(int until) {
    static struct pollfd events[1 + MAX_LISTENERS + 2 * MAX_CONNECTIONS];
    for (;;) {
        nfds_t count = 0;
        bool waiting = false;
        events[count++] = watch(until, until < 0 ? 0 : POLLIN);
        for (size_t i = 0; i < listener_count; i++) {
            events[count++] = watch(listeners[i].fd, connection_count < MAX_CONNECTIONS ? POLLIN : 0);
        }
        for (size_t i = 0; i < connection_count; i++) {
            const struct connection *connection = connections[i];
            if (connection->upstream < 0) waiting = true;
            bool open = connection->upstream >= 0;
            events[count++] = watch(connection->client, open ? wanted_events(&connection->up, &connection->down) : 0);
            events[count++] = watch(connection->upstream, open ? wanted_events(&connection->down, &connection->up) : 0);
        }
        if (poll(events, count, waiting ? 10 : -1) < 0 && errno != EINTR) _exit(EXIT_SETUP);
        if (events[0].revents != 0) _exit(0);
        /* Downwards, so that dropping one moves only one that has had its turn. */
        for (size_t i = connection_count; i-- > 0;) {
            size_t at = 1 + listener_count + 2 * i;
            bool due = connections[i]->upstream < 0 || events[at].revents != 0 || events[at + 1].revents != 0;
            if (due && !advance(connections[i])) drop_connection(i);
        }
        for (size_t i = 0; i < listener_count; i++) {
            if (events[1 + i].revents == 0 || connection_count == MAX_CONNECTIONS) continue;
            size_t before = connection_count;
            accept_connection(&listeners[i]);
            /* At once: a turn later would be after the patience of those whose queue is full. */
            if (connection_count > before && !advance(connections[before])) drop_connection(before);
        }
    }
}

void relay_detach(void) {
    /* Its own session: the terminal's signals are for the command. */
    if (setsid() < 0) _exit(EXIT_SETUP);
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0) _exit(EXIT_SETUP);
    /* Whoever reads the command's output must see its end when the command ends. */
    for (int fd = 0; fd <= 2; fd++) dup2(nothing, fd);
    if (nothing > 2) close(nothing);
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
}

void relay_close(void) {
    while (listener_count > 0) close(listeners[--listener_count].fd);
}

static void start_relay(void) {
    int command = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (command < 0) fail(EXIT_SETUP, "relay: pidfd_open: %s", strerror(errno));
    fcntl(command, F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child < 0) fail(EXIT_SETUP, "relay: fork: %s", strerror(errno));
    if (child > 0) {
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
        if (status != 0) fail(EXIT_SETUP, "relay: could not start");
        close(command);
        relay_close();
        return;
    }
    child = fork();
    if (child != 0) _exit(child < 0 ? EXIT_SETUP : 0);
    relay_detach();
    relay_serve(command);
}

int relay_command(int argc, char **argv) {
    int i = 0;
    while (i + 1 < argc && strcmp(argv[i], "--listen") == 0) {
        relay_listen(argv[i + 1]);
        i += 2;
    }
    if (listener_count == 0 || i + 1 >= argc || strcmp(argv[i], "--") != 0) {
        fail(2, "usage: writ-exec relay --listen ADDRESS:PORT=SOCKET … -- COMMAND ARGUMENT…");
    }
    start_relay();
    exec_command(argv + i + 1);
}
