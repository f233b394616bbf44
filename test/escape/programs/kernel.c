/* Doors into the kernel that a build has no use for. Where a call would harm the machine, its arguments are such that
   a kernel that would let it answers something else than EPERM; that answer counts as reached. */
#include "attempt.h"
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/quota.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/fanotify.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <time.h>

static long fail(int number) {
    errno = number;
    return -1;
}
static long but_for_permission(long result) {
    return result < 0 && errno != EPERM && errno != ENOSYS ? 0 : result;
}
static int idle(void *nothing) {
    (void)nothing;
    return 0;
}
static long new_user(char **none) { (void)none; return unshare(CLONE_NEWUSER); }
static long new_time(char **none) { (void)none; return unshare(0x80); }
static long clone_user(char **none) {
    static char stack[65536] __attribute__((aligned(16)));
    (void)none;
    return clone(idle, stack + sizeof stack, CLONE_NEWUSER | SIGCHLD, NULL);
}
static long clone3_user(char **none) {
    unsigned long long arguments[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    (void)none;
    long child = syscall(CALL_clone3, arguments, sizeof arguments);
    if (child == 0) _exit(0);
    return child;
}
static long bpf_map(char **none) {
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    (void)none;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}
static long perf(char **none) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
    (void)none;
    event.config = PERF_COUNT_SW_CPU_CLOCK;
    event.exclude_kernel = 1;
    return syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
}
static long fault_handler(char **none) { (void)none; return syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY); }
static long fault_device(char **none) {
    (void)none;
    int device = open("/dev/userfaultfd", O_RDWR);
    return device < 0 ? -1 : ioctl(device, 0xAA00, 0);
}
static long uring(char **none) {
    struct io_uring_params parameters = {0};
    (void)none;
    return syscall(SYS_io_uring_setup, 4, &parameters);
}
static long add_key(char **none) {
    (void)none;
    return syscall(SYS_add_key, "user", "writ", "x", 1, KEY_SPEC_PROCESS_KEYRING);
}
static long search_keys(char **name) {
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name[0], 0);
}
static long request_key(char **name) { return syscall(SYS_request_key, "user", name[0], NULL, 0); }
static long same_file(char **none) { (void)none; return syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 1); }
static long no_random(char **none) { (void)none; return personality(ADDR_NO_RANDOMIZE); }
static long handle(char **path) {
    struct { struct file_handle head; char room[128]; } file = {.head.handle_bytes = 128};
    int mount;
    int place = open(".", O_RDONLY);
    (void)path;
    if (name_to_handle_at(AT_FDCWD, ".", &file.head, &mount, 0)) return -1;
    return open_by_handle_at(place, &file.head, O_RDONLY);
}
/* A handle made up from nothing but an inode's number: how a container's guest once read its host's disk. */
static long guessed_handle(char **none) {
    struct { struct file_handle head; unsigned inode[2]; } file = {.head = {8, 1}, .inode = {2, 0}};
    int place = open(".", O_RDONLY);
    (void)none;
    return but_for_permission(open_by_handle_at(place, &file.head, O_RDONLY));
}
static long reboot_machine(char **none) { (void)none; return but_for_permission(syscall(SYS_reboot, 1, 2, 3, NULL)); }
static long swap(char **none) { (void)none; return but_for_permission(swapon("/nowhere", 0)); }
static long no_swap(char **none) { (void)none; return but_for_permission(swapoff("/nowhere")); }
static long quota(char **none) {
    (void)none;
    return but_for_permission(syscall(SYS_quotactl, QCMD(Q_SYNC, USRQUOTA), NULL, 0, NULL));
}
static long quota_by_file(char **none) {
    (void)none;
    return but_for_permission(syscall(CALL_quotactl_fd, 0, QCMD(Q_SYNC, USRQUOTA), 0, NULL));
}
static long clock_by_nonsense(char **none) {
    struct timespec never = {0, -1};
    (void)none;
    return but_for_permission(syscall(SYS_clock_settime, CLOCK_REALTIME, &never));
}
static long clock_state(char **none) {
    struct timex state = {0};
    (void)none;
    return adjtimex(&state);
}
static long kexec(char **none) { (void)none; return but_for_permission(syscall(SYS_kexec_load, 0, 17, NULL, ~0UL)); }
static long insert_module(char **none) { (void)none; return but_for_permission(syscall(SYS_init_module, "x", 1, "")); }
static long insert_module_file(char **none) {
    (void)none;
    return but_for_permission(syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY), "", 0));
}
static long remove_module(char **none) { (void)none; return but_for_permission(syscall(SYS_delete_module, "no-such", O_NONBLOCK)); }
static long accounting(char **none) { (void)none; return but_for_permission(acct("/nowhere")); }
static long kernel_log(char **none) { (void)none; return syscall(SYS_syslog, 10, NULL, 0); }
static long hang_up(char **none) { (void)none; return but_for_permission(syscall(SYS_vhangup)); }
static long host_name(char **none) { (void)none; return sethostname("writ", 4); }
static long low_nice(char **none) { (void)none; errno = 0; return nice(-5) == -1 && errno ? -1 : 0; }
static long real_time(char **none) {
    struct sched_param first = {.sched_priority = 1};
    (void)none;
    return sched_setscheduler(0, SCHED_FIFO, &first);
}
/* Answers to one's own execve: whoever is asked first could say yes. */
static long listener(char **none) {
    struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog program = {1, &allow};
    (void)none;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}
static long sibling(char **none) {
    (void)none;
    long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return child;
}
static long watch_all(char **none) { (void)none; return fanotify_init(FAN_CLASS_CONTENT, O_RDONLY); }
static long disk_first(char **none) { (void)none; return syscall(SYS_ioprio_set, 1, 0, 1 << 13); }
/* Any rights for whoever starts the file outside. */
static long file_capability(char **none) {
    unsigned capability[5] = {0x02000001, ~0u, 0, 0, 0};
    (void)none;
    close(open("k1", O_CREAT | O_WRONLY, 0755));
    long result = setxattr("k1", "security.capability", capability, sizeof capability, 0);
    unlink("k1");
    return result;
}
/* chmod is refused, but a file can be made with these bits; writing to it has to take them off again. */
static long set_id(char **none) {
    struct stat file;
    (void)none;
    int made = open("k2", O_CREAT | O_EXCL | O_RDWR, 06755);
    if (made < 0 || write(made, "#!/bin/sh\n", 10) != 10 || fstat(made, &file)) return -1;
    unlink("k2");
    return file.st_mode & (S_ISUID | S_ISGID) ? 0 : fail(EPERM);
}
#ifdef __x86_64__
static long x32(char **none) { (void)none; return syscall(0x40000000 + SYS_getpid); }
static long i386(char **none) {
    long result;
    (void)none;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? fail((int)-result) : result;
}
/* mount(2) by its number in the other table, which a filter that looks at numbers alone takes for another call. */
static long i386_mount(char **none) {
    long result;
    (void)none;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(21), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    return result == -EPERM ? fail(EPERM) : 0;
}
static long segments(char **none) {
    char room[16];
    (void)none;
    return syscall(SYS_modify_ldt, 0, room, sizeof room);
}
static long ports(char **none) { (void)none; return syscall(SYS_iopl, 0); }
#endif

static const struct attempt attempts[] = {
    {"new-user", new_user}, {"new-time", new_time}, {"clone-user", clone_user}, {"clone3-user", clone3_user},
    {"bpf", bpf_map}, {"perf", perf}, {"userfaultfd", fault_handler}, {"userfaultfd-device", fault_device},
    {"io_uring", uring}, {"add-key", add_key}, {"search-keys", search_keys}, {"request-key", request_key},
    {"kcmp", same_file}, {"personality", no_random}, {"handle", handle}, {"guessed-handle", guessed_handle},
    {"reboot", reboot_machine}, {"swapon", swap}, {"swapoff", no_swap}, {"quota", quota},
    {"quota-by-file", quota_by_file}, {"clock", clock_by_nonsense}, {"clock-state", clock_state},
    {"kexec", kexec}, {"insert-module", insert_module}, {"insert-module-file", insert_module_file},
    {"remove-module", remove_module}, {"accounting", accounting}, {"kernel-log", kernel_log},
    {"listener", listener}, {"sibling", sibling}, {"watch-all", watch_all}, {"disk-first", disk_first},
    {"file-capability", file_capability}, {"set-id", set_id},
    {"hang-up", hang_up}, {"host-name", host_name}, {"nice", low_nice}, {"real-time", real_time},
#ifdef __x86_64__
    {"x32", x32}, {"i386", i386}, {"i386-mount", i386_mount}, {"segments", segments}, {"ports", ports},
#endif
    {0},
};
int main(int argc, char **argv) { return run_attempt(attempts, argc, argv); }
