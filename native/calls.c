#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"

bool still_waits(const struct call *call) {
    return ioctl(call->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) == 0;
}

long hand_over(const struct call *call, int fd, bool close_on_exec) {
    struct seccomp_notif_addfd given = {
        .id = call->id,
        .flags = SECCOMP_ADDFD_FLAG_SEND,
        .srcfd = (uint32_t)fd,
        .newfd_flags = close_on_exec ? O_CLOEXEC : 0,
    };
    int sent = ioctl(call->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given);
    int problem = errno;
    close(fd);
    return sent >= 0 ? ANSWERED : problem == ENOENT ? ANSWERED : -problem;
}

static void respond(const struct call *call, long outcome) {
    if (outcome == ANSWERED) return;
    struct seccomp_notif_resp response = {.id = call->id};
    if (outcome == GO_ON) response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else if (outcome < 0) response.error = (int)outcome;
    else response.val = outcome;
    /* Fails where the process was killed meanwhile, and then there is nobody to answer. */
    if (ioctl(call->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0) return;
}

int take_descriptor(const struct call *call, int fd) {
    int process = (int)syscall(SYS_pidfd_open, read_status(call->task, "Tgid:", 10), 0);
    if (process < 0) return -1;
    int own = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    int problem = errno;
    close(process);
    errno = problem;
    return own;
}

long in_child(const struct call *call, long (*act)(const struct call *, void *), void *what) {
    pid_t self = getpid(), child = fork();
    if (child < 0) return -EAGAIN;
    if (child > 0) return ANSWERED;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != self) _exit(1);
    respond(call, act(call, what));
    _exit(0);
}

static long serve(const struct call *call, int number) {
    const uint64_t *a = call->arguments;
    switch (number) {
        case SYS_openat: return change_open(call, (int)a[0], a[1], (int)a[2], (mode_t)a[3]);
        case SYS_mkdirat: return change_make(call, (int)a[0], a[1], (mode_t)a[2]);
        case SYS_mknodat: return change_node(call, (int)a[0], a[1], (mode_t)a[2]);
        case SYS_symlinkat: return change_symlink(call, a[0], (int)a[1], a[2]);
        case SYS_unlinkat: return change_remove(call, (int)a[0], a[1], (int)a[2]);
        case SYS_renameat: return change_rename(call, (int)a[0], a[1], (int)a[2], a[3], 0);
        case SYS_renameat2: return change_rename(call, (int)a[0], a[1], (int)a[2], a[3], (unsigned)a[4]);
        case SYS_linkat: return change_link(call, (int)a[0], a[1], (int)a[2], a[3], (int)a[4]);
        case SYS_truncate: return change_length(call, a[0], (off_t)a[1]);
        case SYS_fchmod: return attribute_mode_open(call, (int)a[0], (mode_t)a[1]);
        case SYS_fchmodat: return attribute_mode(call, (int)a[0], a[1], (mode_t)a[2], 0);
        case SYS_fchmodat2: return attribute_mode(call, (int)a[0], a[1], (mode_t)a[2], (int)a[3]);
        case SYS_fchown: return attribute_owner_open(call, (int)a[0], (uid_t)a[1], (gid_t)a[2]);
        case SYS_fchownat: return attribute_owner(call, (int)a[0], a[1], (uid_t)a[2], (gid_t)a[3], (int)a[4]);
        case SYS_utimensat: return attribute_times(call, (int)a[0], a[1], a[2], (int)a[3]);
        case SYS_inotify_add_watch: return attribute_watch(call, (int)a[0], a[1], (uint32_t)a[2]);
        case SYS_connect: return connection_open(call, (int)a[0], a[1], (uint32_t)a[2]);
        case SYS_bind: return connection_bind(call, (int)a[0], a[1], (uint32_t)a[2]);
        case SYS_listen: return connection_listen(call, (int)a[0], (int)a[1]);
#if defined(__x86_64__)
        case SYS_open: return change_open(call, AT_FDCWD, a[0], (int)a[1], (mode_t)a[2]);
        case SYS_creat: return change_open(call, AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, (mode_t)a[1]);
        case SYS_mkdir: return change_make(call, AT_FDCWD, a[0], (mode_t)a[1]);
        case SYS_mknod: return change_node(call, AT_FDCWD, a[0], (mode_t)a[1]);
        case SYS_symlink: return change_symlink(call, a[0], AT_FDCWD, a[1]);
        case SYS_unlink: return change_remove(call, AT_FDCWD, a[0], 0);
        case SYS_rmdir: return change_remove(call, AT_FDCWD, a[0], AT_REMOVEDIR);
        case SYS_rename: return change_rename(call, AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
        case SYS_link: return change_link(call, AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
        case SYS_chmod: return attribute_mode(call, AT_FDCWD, a[0], (mode_t)a[1], 0);
        case SYS_chown: return attribute_owner(call, AT_FDCWD, a[0], (uid_t)a[1], (gid_t)a[2], 0);
        case SYS_lchown: return attribute_owner(call, AT_FDCWD, a[0], (uid_t)a[1], (gid_t)a[2], AT_SYMLINK_NOFOLLOW);
        case SYS_utime: return attribute_times_old(call, AT_FDCWD, a[0], a[1], true);
        case SYS_utimes: return attribute_times_old(call, AT_FDCWD, a[0], a[1], false);
        case SYS_futimesat: return attribute_times_old(call, (int)a[0], a[1], a[2], false);
#endif
        case SYS_setsid: return GO_ON;
        case SYS_setpgid: return signal_group((pid_t)a[1]);
        case SYS_kill:
        case SYS_tkill:
        case SYS_tgkill:
        case SYS_rt_sigqueueinfo:
        case SYS_rt_tgsigqueueinfo: return signal_process(call, (pid_t)a[0]);
        case SYS_pidfd_send_signal: return signal_descriptor(call, (int)a[0], (int)a[1], a[2], (unsigned)a[3]);
        default: return -EPERM;
    }
}

void serve_call(int listener, const struct seccomp_notif *notification, bool ending) {
    uint64_t arguments[6];
    for (int i = 0; i < 6; i++) arguments[i] = notification->data.args[i];
    struct call call = {
        .listener = listener, .task = (pid_t)notification->pid, .id = notification->id, .arguments = arguments};
    int number = notification->data.nr;
    respond(&call, ending ? -EPERM : serve(&call, number));
}
