#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <asm/sockios.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "report.h"

/* Newer than some C libraries' headers (linux/seccomp.h). */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, uint64_t)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#if defined(__x86_64__)
enum { NATIVE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { NATIVE = AUDIT_ARCH_AARCH64 };
#else
#error "no filter for this architecture"
#endif
/* Set in the numbers of the x32 ABI; no native call of any architecture has it. */
enum { X32_BIT = 0x40000000 };

/* Newer than some C libraries' headers; the same on every architecture. */
enum { SETXATTRAT = 463, REMOVEXATTRAT = 466, FILE_SETATTR = 469 };

/* Enough for each call that waits to be named, and what is before and after. */
enum { MOST_INSTRUCTIONS = 400 };

static struct sock_filter instructions[MOST_INSTRUCTIONS];
static unsigned short length;

static void add(struct sock_filter instruction) {
    if (length == MOST_INSTRUCTIONS) fail(EXIT_SETUP, "the filter is too long");
    instructions[length++] = instruction;
}

static void add_all(const struct sock_filter *some, size_t count) {
    for (size_t i = 0; i < count; i++) add(some[i]);
}

static void answer(int call, uint32_t with) {
    add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1));
    add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, with));
}

/* By the lower half of an argument: the kernel takes these as 32 bits. */
static void answer_bits(int call, int argument, uint32_t bits, uint32_t with, uint32_t otherwise) {
    const struct sock_filter test[] = {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (uint32_t)argument),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, with),
        BPF_STMT(BPF_RET | BPF_K, otherwise),
    };
    add_all(test, sizeof test / sizeof *test);
}

/* Refuses a call with one value of an argument; whatever else is asked goes on to the next test. */
static void answer_value(int call, int argument, uint32_t value) {
    const struct sock_filter test[] = {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (uint32_t)argument),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    add_all(test, sizeof test / sizeof *test);
}

/* Of the Internet TCP alone, and of local sockets no kind that can be sent to without being connected. */
static void restrict_sockets(void) {
    enum { REFUSED = SECCOMP_RET_ERRNO | EPROTONOSUPPORT };
    static const struct sock_filter tests[] = {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 14),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 8, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 16),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 5),
        /* SOCK_STREAM is 1, SOCK_SEQPACKET 5; the bits above the lowest four are flags. */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xe, 3, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xa, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, REFUSED),
    };
    add_all(tests, sizeof tests / sizeof *tests);
}

/* What reaches others of the same user without any file: there is no namespace for it. */
static void refuse_the_rest(void) {
    static const int unanswered[] = {SYS_fanotify_init, SYS_shmget, SYS_shmat, SYS_shmctl,
                                     SYS_semget, SYS_semop,    SYS_semctl,        SYS_msgget, SYS_msgsnd, SYS_msgrcv,
                                     SYS_msgctl, SYS_semtimedop, SYS_mq_open,     SYS_mq_unlink, FILE_SETATTR};
    static const int unsupported[] = {SYS_setxattr,    SYS_lsetxattr,    SYS_fsetxattr,    SETXATTRAT,
                                      SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, REMOVEXATTRAT};
    /* Of another process, by the argument that names it; 0 is the caller itself. */
    static const struct {
        int call, argument;
    } others[] = {{SYS_prlimit64, 0},      {SYS_sched_setaffinity, 0}, {SYS_sched_setscheduler, 0},
                  {SYS_sched_getaffinity, 0},
                  {SYS_sched_setparam, 0}, {SYS_sched_setattr, 0},     {SYS_setpriority, 1},
                  {SYS_ioprio_set, 1}};
    /* Who is signalled when a descriptor is ready. */
    static const int owners[] = {F_SETOWN, F_SETOWN_EX};
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) answer_value(SYS_fcntl, 1, (uint32_t)owners[i]);
    answer_value(SYS_ioctl, 1, FIOSETOWN);
    answer_value(SYS_ioctl, 1, SIOCSPGRP);
    /* Flags of a file, for which it need not be open for writing. */
    answer_value(SYS_ioctl, 1, (uint32_t)FS_IOC_SETFLAGS);
    answer_value(SYS_ioctl, 1, (uint32_t)FS_IOC_FSSETXATTR);
    /* Connects by the way. */
    static const struct {
        int call, argument;
    } senders[] = {{SYS_sendto, 3}, {SYS_sendmsg, 2}, {SYS_sendmmsg, 3}};
    for (size_t i = 0; i < sizeof unanswered / sizeof *unanswered; i++) answer(unanswered[i], SECCOMP_RET_ERRNO | EPERM);
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++) {
        answer(unsupported[i], SECCOMP_RET_ERRNO | EOPNOTSUPP);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        answer_bits(others[i].call, others[i].argument, ~0u, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        answer_bits(senders[i].call, senders[i].argument, MSG_FASTOPEN, SECCOMP_RET_ERRNO | EOPNOTSUPP, SECCOMP_RET_ALLOW);
    }
}

/* What calls.c serves. */
static void add_calls(void) {
    static const int waiting[] = {
        SYS_mkdirat,   SYS_mknodat,  SYS_symlinkat, SYS_unlinkat,  SYS_renameat,  SYS_renameat2,
        SYS_linkat,    SYS_truncate, SYS_fchmod,    SYS_fchmodat,  SYS_fchmodat2, SYS_utimensat,
        SYS_fchown,    SYS_fchownat, SYS_setsid,    SYS_setpgid,
        SYS_kill,      SYS_tkill,    SYS_tgkill,    SYS_rt_sigqueueinfo,
        SYS_rt_tgsigqueueinfo,       SYS_pidfd_send_signal,
        SYS_inotify_add_watch,       SYS_connect,   SYS_bind,      SYS_listen,
#if defined(__x86_64__)
        SYS_creat,     SYS_mkdir,    SYS_mknod,     SYS_symlink,   SYS_unlink,    SYS_rmdir,
        SYS_rename,    SYS_link,     SYS_chmod,     SYS_utime,     SYS_utimes,    SYS_futimesat,
        SYS_chown,     SYS_lchown,
#endif
    };
    static const uint32_t changing = O_ACCMODE | O_CREAT | O_TRUNC;
    answer_bits(SYS_openat, 2, changing, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW);
#if defined(__x86_64__)
    answer_bits(SYS_open, 1, changing, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW);
#endif
    /* Its flags lie in memory; programs use the older call where it is not there. */
    answer(SYS_openat2, SECCOMP_RET_ERRNO | ENOSYS);
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) answer(waiting[i], SECCOMP_RET_USER_NOTIF);
}

int install_listener(bool in_place) {
    const struct sock_filter begin[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    add_all(begin, sizeof begin / sizeof *begin);
    answer(__NR_execve, SECCOMP_RET_USER_NOTIF);
    answer(__NR_execveat, SECCOMP_RET_USER_NOTIF);
    if (in_place) {
        add_calls();
        restrict_sockets();
        refuse_the_rest();
    }
    add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    struct sock_fprog program = {.len = length, .filter = instructions};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(EXIT_SETUP, "no_new_privs: %s", strerror(errno));
    /* A signal that interrupts the wait would make the program ask again, and be decided again. */
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (listener < 0 && errno == EINVAL) {
        flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
        listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    }
    if (listener < 0) fail(EXIT_SETUP, "programs cannot be supervised here: %s", strerror(errno));
    /* Saves time where the kernel knows it (6.6), and changes nothing else. */
    if (ioctl((int)listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) != 0) errno = 0;
    return (int)listener;
}

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

void send_listener(int socket, int listener, struct confinement confinement) {
    union control control = {0};
    struct iovec data = {.iov_base = &confinement, .iov_len = sizeof confinement};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    if (sendmsg(socket, &message, MSG_NOSIGNAL) != (ssize_t)sizeof confinement) {
        fail(EXIT_SETUP, "the supervisor went away");
    }
}

int receive_listener(int socket, struct confinement *confinement) {
    union control control = {0};
    struct iovec data = {.iov_base = confinement, .iov_len = sizeof *confinement};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *confinement) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) return -1;
    int listener;
    memcpy(&listener, CMSG_DATA(header), sizeof listener);
    return listener;
}
