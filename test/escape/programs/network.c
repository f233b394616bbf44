/* Kinds of sockets beside TCP and UDP. */
#include "attempt.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static long raw(char **none) { (void)none; return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static long raw6(char **none) { (void)none; return socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); }
static long packet(char **none) { (void)none; return socket(AF_PACKET, SOCK_RAW, htons(3)); }
static long vsock(char **none) { (void)none; return socket(40, SOCK_STREAM, 0); }
static long audit(char **none) { (void)none; return socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT); }
static long uevent(char **none) { (void)none; return socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT); }
static long netfilter(char **none) { (void)none; return socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER); }
static long diagnosis(char **none) { (void)none; return socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG); }
static long packets_of_others(char **none) { (void)none; return socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM); }
static long ping(char **none) {
    struct sockaddr_in host = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xa9fea9fe)};
    struct icmphdr echo = {.type = ICMP_ECHO};
    int one = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (one < 0) one = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    (void)none;
    return one < 0 ? -1 : sendto(one, &echo, sizeof echo, 0, (struct sockaddr *)&host, sizeof host);
}
/* As it is already: that it may be set is enough. */
static long interface(char **none) {
    struct ifreq loopback = {.ifr_name = "lo"};
    int one = socket(AF_INET, SOCK_DGRAM, 0);
    (void)none;
    return ioctl(one, SIOCGIFFLAGS, &loopback) ? -1 : ioctl(one, SIOCSIFFLAGS, &loopback);
}
/* Data in the first packet, without connect(2). */
static long fast_open(char **port) {
    struct sockaddr_in host = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port[0])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = socket(AF_INET, SOCK_STREAM, 0);
    return sendto(one, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&host, sizeof host);
}

static const struct attempt attempts[] = {
    {"raw", raw}, {"raw6", raw6}, {"packet", packet}, {"vsock", vsock}, {"audit", audit},
    {"uevent", uevent}, {"netfilter", netfilter}, {"diagnosis", diagnosis}, {"xfrm", packets_of_others},
    {"ping", ping}, {"interface", interface}, {"fast-open", fast_open}, {0},
};
int main(int argc, char **argv) { return run_attempt(attempts, argc, argv); }
