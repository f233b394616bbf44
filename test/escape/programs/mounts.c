/* Ways to another mount view or root. The argument is a read-only path inside the repository. */
#include "attempt.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>

static long over(char **path) { return mount("none", path[0], "tmpfs", 0, NULL); }
static long bind_parent(char **path) { return mount("/", path[0], NULL, MS_BIND | MS_REC, NULL); }
static long remount(char **path) {
    if (mount(path[0], path[0], NULL, MS_BIND | MS_REC, NULL)) return -1;
    return mount(NULL, path[0], NULL, MS_REMOUNT | MS_BIND, NULL);
}
static long propagation(char **path) {
    (void)path;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}
static long detach(char **path) {
    /* Outside nothing is mounted there, which the kernel only says to whom it would let. */
    long result = umount2(path[0], MNT_DETACH);
    return result < 0 && errno == EINVAL ? 0 : result;
}
static long proc(char **path) { return mount("proc", path[0], "proc", 0, NULL); }
static long control_group(char **path) { return mount("cgroup2", path[0], "cgroup2", 0, NULL); }
static long overlay(char **path) {
    if (mount("none", path[0], "tmpfs", 0, NULL) || chdir(path[0])) return -1;
    mkdir("l", 0700), mkdir("u", 0700), mkdir("w", 0700), mkdir("m", 0700);
    return mount("overlay", "m", "overlay", 0, "lowerdir=l,upperdir=u,workdir=w");
}
/* Whoever may write there names the program that the kernel starts for files of a kind. */
static long formats(char **path) {
    char file[4096];
    if (mount("binfmt_misc", path[0], "binfmt_misc", 0, NULL)) return -1;
    snprintf(file, sizeof file, "%s/register", path[0]);
    int registers = open(file, O_WRONLY);
    return registers < 0 ? -1 : write(registers, ":writ:E::writ::/usr/bin/true:", 29);
}
static long copy_tree(char **path) { return syscall(CALL_open_tree, AT_FDCWD, path[0], 1 | O_CLOEXEC); }
static long move_tree(char **path) {
    long tree = syscall(CALL_open_tree, AT_FDCWD, "/proc", 1 | O_CLOEXEC | 0x8000);
    /* The call itself, also where no tree was to be had. */
    return syscall(CALL_move_mount, tree, "", AT_FDCWD, path[0], 4);
}
static long set_attributes(char **path) {
    unsigned long long attributes[4] = {0, 1, 0, 0}; /* clear MOUNT_ATTR_RDONLY */
    (void)path;
    return syscall(CALL_mount_setattr, AT_FDCWD, "/", 0, attributes, sizeof attributes);
}
static long new_mount(char **path) {
    long context = syscall(CALL_fsopen, "tmpfs", 0);
    (void)path;
    if (context < 0 || syscall(CALL_fsconfig, context, 6, NULL, NULL, 0)) return -1;
    return syscall(CALL_fsmount, context, 0, 0);
}
static long pick(char **path) {
    (void)path;
    return syscall(CALL_fspick, AT_FDCWD, "/", 0);
}
static long pivot(char **path) {
    if (mount("none", path[0], "tmpfs", 0, NULL) || chdir(path[0])) return -1;
    mkdir("old", 0700);
    return syscall(SYS_pivot_root, ".", "old");
}
static long pivot_call(char **path) {
    (void)path;
    long result = syscall(SYS_pivot_root, "/", "/");
    return result < 0 && errno != EPERM ? 0 : result;
}
/* The classic way out of a chroot: a root below the working directory, and then up. */
static long change_root(char **path) {
    if (chroot(path[0])) return -1;
    for (int i = 0; i < 64; i++) if (chdir("..")) return -1;
    return chroot(".");
}
static long join_mounts(char **path) {
    int namespace = open("/proc/1/ns/mnt", O_RDONLY);
    (void)path;
    return setns(namespace, CLONE_NEWNS);
}
static long join_by_process(char **path) {
    int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
    (void)path;
    return setns(process, CLONE_NEWUTS);
}

static const struct attempt attempts[] = {
    {"formats", formats}, {"over", over}, {"bind", bind_parent}, {"remount", remount}, {"propagation", propagation},
    {"detach", detach}, {"proc", proc}, {"cgroup", control_group}, {"overlay", overlay},
    {"open-tree", copy_tree}, {"move-mount", move_tree}, {"set-attributes", set_attributes},
    {"new-mount", new_mount}, {"pick", pick}, {"pivot", pivot}, {"pivot-call", pivot_call},
    {"chroot", change_root}, {"join-mounts", join_mounts}, {"join-by-process", join_by_process}, {0},
};
int main(int argc, char **argv) { return run_attempt(attempts, argc, argv); }
