/* Tries one forbidden thing and prints `reached` or the error's name. Run inside and, as control, outside. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int verdict(long result) {
    if (result >= 0) puts("reached");
    else puts(strerrorname_np(errno));
    return 0;
}

static long with_child(long (*attempt)(pid_t)) {
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    long result = attempt(child);
    int problem = errno;
    kill(child, SIGKILL);
    errno = problem;
    return result;
}

static char secret[8] = "secret";

static long attach(pid_t child) { return ptrace(PTRACE_ATTACH, child, 0, 0); }
static long read_memory(pid_t child) {
    char copy[8];
    struct iovec mine = {copy, sizeof copy}, theirs = {secret, sizeof secret};
    return process_vm_readv(child, &mine, 1, &theirs, 1, 0);
}
static long take_descriptor(pid_t child) {
    int handle = (int)syscall(SYS_pidfd_open, child, 0);
    return handle < 0 ? -1 : syscall(SYS_pidfd_getfd, handle, 0, 0);
}

static int idle(void *nothing) {
    (void)nothing;
    return 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    static char stack[65536] __attribute__((aligned(16)));
    if (!strcmp(what, "unshare")) return verdict(unshare(CLONE_NEWUSER));
    if (!strcmp(what, "clone")) {
        return verdict(clone(idle, stack + sizeof stack, CLONE_NEWUSER | SIGCHLD, NULL));
    }
    if (!strcmp(what, "clone3")) {
        unsigned long long arguments[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
        long child = syscall(SYS_clone3, arguments, sizeof arguments);
        if (child == 0) _exit(0);
        return verdict(child);
    }
    if (!strcmp(what, "mount")) {
        if (geteuid() != 0) unshare(CLONE_NEWUSER | CLONE_NEWNS);
        else unshare(CLONE_NEWNS);
        return verdict(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
    }
    if (!strcmp(what, "fsopen")) {
        if (geteuid() != 0) unshare(CLONE_NEWUSER | CLONE_NEWNS);
        return verdict(syscall(SYS_fsopen, "tmpfs", 0));
    }
    if (!strcmp(what, "ptrace")) return verdict(with_child(attach));
    if (!strcmp(what, "process_vm_readv")) return verdict(with_child(read_memory));
    if (!strcmp(what, "pidfd_getfd")) return verdict(with_child(take_descriptor));
    if (!strcmp(what, "kcmp")) return verdict(syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 1));
    if (!strcmp(what, "keyctl")) return verdict(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
    if (!strcmp(what, "add_key")) return verdict(syscall(SYS_add_key, "user", "writ", "x", 1, KEY_SPEC_PROCESS_KEYRING));
    if (!strcmp(what, "io_uring")) {
        struct io_uring_params parameters = {0};
        return verdict(syscall(SYS_io_uring_setup, 4, &parameters));
    }
    if (!strcmp(what, "bpf")) {
        union bpf_attr attributes = {0};
        return verdict(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
    }
    if (!strcmp(what, "userfaultfd")) return verdict(syscall(SYS_userfaultfd, 1));
    if (!strcmp(what, "perf")) {
        struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes};
        attributes.config = PERF_COUNT_SW_CPU_CLOCK;
        attributes.exclude_kernel = 1;
        return verdict(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
    }
    if (!strcmp(what, "personality")) return verdict(personality(ADDR_NO_RANDOMIZE));
    if (!strcmp(what, "handle")) {
        struct { struct file_handle head; char room[128]; } handle = {.head.handle_bytes = 128};
        int mount_id;
        return verdict(name_to_handle_at(AT_FDCWD, argc > 2 ? argv[2] : "/", &handle.head, &mount_id, 0));
    }
    if (!strcmp(what, "tiocsti")) return verdict(ioctl(0, TIOCSTI, "x"));
    if (!strcmp(what, "tiocsti-high")) return verdict(syscall(SYS_ioctl, 0, 0xffffffff00000000UL | TIOCSTI, "x"));
    if (!strcmp(what, "tioclinux")) return verdict(ioctl(0, TIOCLINUX, "\x06"));
    if (!strcmp(what, "tiocsetd")) {
        int discipline = 0;
        return verdict(ioctl(0, TIOCSETD, &discipline));
    }
    if (!strcmp(what, "packet")) return verdict(socket(AF_PACKET, SOCK_RAW, 0));
    if (!strcmp(what, "alg")) return verdict(socket(38, SOCK_SEQPACKET, 0));
    if (!strcmp(what, "vsock")) return verdict(socket(40, SOCK_STREAM, 0));
    if (!strcmp(what, "netlink-audit")) return verdict(socket(AF_NETLINK, SOCK_RAW, 9));
    if (!strcmp(what, "netlink-uevent")) return verdict(socket(AF_NETLINK, SOCK_RAW, 15));
    if (!strcmp(what, "netlink-route")) return verdict(socket(AF_NETLINK, SOCK_RAW, 0));
    if (!strcmp(what, "setuid-file")) {
        int file = open("setuid-file", O_CREAT | O_RDWR, 0755);
        return verdict(fchmod(file, 04755));
    }
    if (!strcmp(what, "setgid-file")) {
        close(open("setgid-file", O_CREAT | O_RDWR, 0755));
        return verdict(chmod("setgid-file", 02755));
    }
#ifdef __x86_64__
    if (!strcmp(what, "x32")) return verdict(syscall(0x40000000 + SYS_getpid));
    if (!strcmp(what, "i386")) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
        if (result < 0) errno = (int)-result;
        return verdict(result < 0 ? -1 : result);
    }
#endif
    fprintf(stderr, "unknown probe %s\n", what);
    return 2;
}
