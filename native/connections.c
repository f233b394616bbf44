/*
 * Sockets where there is no network namespace. A command reaches the guard's sockets, what its own session listens on,
 * and nothing else of the host; what it listens on, it listens on for loopback alone. Each call is made here, on the
 * task's own socket, with an address that it cannot change any more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "calls.h"
#include "descendants.h"
#include "place.h"
#include "words.h"

enum { MOST_PORTS = 16 };

static struct words names, paths; /* of the guard's sockets */
static struct {
    uint16_t port, relay;
    int announce;
} ports[MOST_PORTS];
static size_t port_count;

union address {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    char bytes[sizeof(struct sockaddr_storage)];
};

void serve_socket(const char *name, const char *path) {
    add_text(&names, name);
    add_text(&paths, path);
}

void serve_port(uint16_t port, uint16_t relay, int announce) {
    if (port_count == MOST_PORTS) return;
    ports[port_count].port = port;
    ports[port_count].relay = relay;
    ports[port_count++].announce = announce;
}

static bool read_address(const struct call *call, uint64_t from, uint32_t length, union address *address) {
    *address = (union address){0};
    /* One byte stays zero, so that a path ends. */
    return length >= sizeof(sa_family_t) && length < sizeof *address &&
           read_bytes(call->task, from, address->bytes, length);
}

static const in_port_t *port_of(const union address *address) {
    return address->any.sa_family == AF_INET ? &address->four.sin_port : &address->six.sin6_port;
}

static bool is_any(const union address *address) {
    if (address->any.sa_family == AF_INET) return address->four.sin_addr.s_addr == 0;
    return IN6_IS_ADDR_UNSPECIFIED(&address->six.sin6_addr);
}

static bool is_loopback(const union address *address) {
    if (address->any.sa_family == AF_INET) return (ntohl(address->four.sin_addr.s_addr) >> 24) == 127;
    const struct in6_addr *six = &address->six.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

/* 127.0.0.1, in the socket's own family. */
static socklen_t set_loopback(union address *address, in_port_t port) {
    sa_family_t family = address->any.sa_family;
    *address = (union address){0};
    address->any.sa_family = family;
    if (family == AF_INET) {
        address->four.sin_port = port;
        address->four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof address->four;
    }
    address->six.sin6_port = port;
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &address->six.sin6_addr);
    return sizeof address->six;
}

static uint16_t own_port(int fd) {
    union address bound = {0};
    socklen_t length = sizeof bound;
    if (getsockname(fd, &bound.any, &length) != 0) return 0;
    return ntohs(*port_of(&bound));
}

/* The inode of a socket that listens on the port (proc_pid_net(5)); `four` where 127.0.0.1 leads there. 0: none. */
static unsigned long find_listener(const char *table, uint16_t port, unsigned long after, bool *four) {
    char line[512], address[40];
    unsigned found_port, state;
    unsigned long inode, found = 0;
    FILE *lines = fopen(table, "re");
    if (lines == NULL) return 0;
    while (found == 0 && fgets(line, sizeof line, lines) != NULL) {
        if (sscanf(line, " %*d: %39[0-9A-F]:%x %*s %x %*s %*s %*s %*d %*d %lu", address, &found_port, &state, &inode) != 4) continue;
        if (found_port != port || state != 0x0a || inode <= after) continue;
        found = inode;
        *four = strlen(address) == 8 || strncmp(address, "0000000000000000FFFF0000", 24) == 0;
    }
    fclose(lines);
    return found;
}

/* Whether a process of this session listens there. */
static bool is_own_port(uint16_t port, bool *four) {
    static const char *const tables[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        unsigned long inode = 0;
        while ((inode = find_listener(tables[i], port, inode, four)) != 0) {
            if (descendants_hold_socket(inode)) return true;
        }
    }
    return false;
}

struct connecting {
    int fd;
    union address address;
    socklen_t length;
};

static long act_connect(const struct call *call, void *what) {
    const struct connecting *connecting = what;
    (void)call;
    return connect(connecting->fd, &connecting->address.any, connecting->length) == 0 ? 0 : -errno;
}

static long connect_to(const struct call *call, struct connecting *connecting) {
    if (!still_waits(call)) return -ESRCH;
    bool waits = (fcntl(connecting->fd, F_GETFL) & O_NONBLOCK) == 0;
    return waits ? in_child(call, act_connect, connecting) : act_connect(call, connecting);
}

/* The relay takes only what it was told of, so that no other process of this host can use it. */
static bool announce(int fd, int relay) {
    union address address = {0};
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0) return false;
    if (*port_of(&address) == 0) {
        length = set_loopback(&address, 0);
        if (bind(fd, &address.any, length) != 0) return false;
    }
    uint16_t port = own_port(fd);
    return write(relay, &port, sizeof port) == (ssize_t)sizeof port;
}

static long connect_loopback(const struct call *call, struct connecting *connecting) {
    union address *address = &connecting->address;
    uint16_t port = ntohs(*port_of(address));
    for (size_t i = 0; i < port_count; i++) {
        if (ports[i].port != port) continue;
        if (!announce(connecting->fd, ports[i].announce)) return -ECONNREFUSED;
        connecting->length = set_loopback(address, htons(ports[i].relay));
        return connect_to(call, connecting);
    }
    bool four = false;
    if (!is_own_port(port, &four)) return -ECONNREFUSED;
    if (four || is_any(address)) connecting->length = set_loopback(address, htons(port));
    return connect_to(call, connecting);
}

/* The guard's own by their names; of others those that lie where the command may make some. */
static int find_socket(const struct call *call, const char *path, struct target *target) {
    const char *name = names.bytes, *real = paths.bytes;
    for (uint32_t i = 0; i < names.count; i++) {
        if (strcmp(name, path) == 0) return find_target(call->task, AT_FDCWD, real, true, target);
        name += strlen(name) + 1;
        real += strlen(real) + 1;
    }
    int problem = find_target(call->task, AT_FDCWD, path, true, target);
    if (problem != 0) return problem;
    if (may_change(target->path, false) >= 0) return 0;
    close(target->fd);
    return EACCES;
}

/* 0 where it is too long for an address. */
static socklen_t set_path(union address *address, const char *path) {
    size_t length = strlen(path);
    *address = (union address){.local = {.sun_family = AF_UNIX}};
    if (length >= sizeof address->local.sun_path) return 0;
    memcpy(address->local.sun_path, path, length);
    return sizeof address->local;
}

static long connect_local(const struct call *call, struct connecting *connecting) {
    struct target target;
    if (connecting->address.local.sun_path[0] == '\0') return -ECONNREFUSED;
    int problem = find_socket(call, connecting->address.local.sun_path, &target);
    if (problem != 0) return -problem;
    connecting->length = set_path(&connecting->address, path_of(target.fd).path);
    long outcome = connect_to(call, connecting);
    close(target.fd);
    return outcome;
}

long connection_open(const struct call *call, int fd, uint64_t from, uint32_t length) {
    struct connecting connecting = {.length = length};
    if (!read_address(call, from, length, &connecting.address)) return -EINVAL;
    connecting.fd = take_descriptor(call, fd);
    if (connecting.fd < 0) return errno == EBADF ? -EBADF : -EACCES;
    long outcome;
    switch (connecting.address.any.sa_family) {
        case AF_UNSPEC: outcome = connect_to(call, &connecting); break;
        case AF_UNIX: outcome = connect_local(call, &connecting); break;
        case AF_INET:
        case AF_INET6:
            outcome = is_loopback(&connecting.address) || is_any(&connecting.address) ? connect_loopback(call, &connecting)
                                                                                      : -ENETUNREACH;
            break;
        default: outcome = -EAFNOSUPPORT;
    }
    close(connecting.fd);
    return outcome;
}

static long bind_local(const struct call *call, int own, union address *address, uint32_t length) {
    struct place place;
    char path[PATH_MAX];
    if (length == sizeof(sa_family_t) || address->local.sun_path[0] == '\0') {
        return bind(own, &address->any, length) == 0 ? 0 : -errno;
    }
    int problem = find_place(call->task, AT_FDCWD, address->local.sun_path, &place);
    if (problem != 0) return -problem;
    int answer = may_change(place.path, false);
    long outcome = answer < 0 ? -EACCES : -answer;
    if (outcome == 0) {
        long mask = read_status(call->task, "Umask:", 8);
        umask(mask < 0 ? 0077 : (mode_t)mask);
        snprintf(path, sizeof path, "%s/%s", path_of(place.parent).path, place.name);
        length = set_path(address, path);
        if (!still_waits(call)) outcome = -ESRCH;
        else if (length == 0) outcome = -ENAMETOOLONG;
        else if (bind(own, &address->any, length) != 0) outcome = -errno;
    }
    close(place.parent);
    return outcome;
}

/* A socket for IPv6 alone takes no address of IPv4's. */
static long bind_loopback(int own, union address *address, socklen_t length) {
    if (bind(own, &address->any, length) == 0) return 0;
    if (errno != EINVAL || address->any.sa_family != AF_INET6) return -errno;
    address->six.sin6_addr = in6addr_loopback;
    return bind(own, &address->any, length) == 0 ? 0 : -errno;
}

long connection_bind(const struct call *call, int fd, uint64_t from, uint32_t length) {
    union address address;
    if (!read_address(call, from, length, &address)) return -EINVAL;
    int own = take_descriptor(call, fd);
    if (own < 0) return errno == EBADF ? -EBADF : -EACCES;
    long outcome = -EAFNOSUPPORT;
    if (address.any.sa_family == AF_UNIX) {
        outcome = bind_local(call, own, &address, length);
    } else if (address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6) {
        if (is_any(&address)) length = set_loopback(&address, *port_of(&address));
        if (!is_loopback(&address)) outcome = -EADDRNOTAVAIL;
        else outcome = still_waits(call) ? bind_loopback(own, &address, length) : -ESRCH;
    }
    close(own);
    return outcome;
}

/* Where it was not bound, the kernel would have it listen for the whole network. */
long connection_listen(const struct call *call, int fd, int backlog) {
    union address address = {0};
    socklen_t length = sizeof address;
    int own = take_descriptor(call, fd);
    if (own < 0) return errno == EBADF ? -EBADF : -EACCES;
    long outcome = getsockname(own, &address.any, &length) == 0 && still_waits(call) ? 0 : -EBADF;
    bool internet = address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6;
    if (outcome == 0 && internet && *port_of(&address) == 0) {
        length = set_loopback(&address, 0);
        if (bind(own, &address.any, length) != 0) outcome = -errno;
    }
    if (outcome == 0 && listen(own, backlog) != 0) outcome = -errno;
    close(own);
    return outcome;
}
