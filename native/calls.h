/*
 * System calls that wait for the supervisor where there are no namespaces. The kernel's own rules (landlock.h) are too
 * coarse for some of what a command may do: folders of the repository that it may change but for a few files, the
 * sockets of its own session. That is refused to it, and the supervisor does it in its place, with what it read once.
 */
#ifndef WRIT_CALLS_H
#define WRIT_CALLS_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* Newer than some C libraries' headers. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* A task that waits in a system call. */
struct call {
    int listener;
    pid_t task;
    uint64_t id;
    const uint64_t *arguments;
};

/* What a call comes to: 0 or more is its result, less is an errno; or one of these. */
enum { GO_ON = INT32_MAX, ANSWERED = INT32_MAX - 1 };

/* What was read before is of the task that waits. */
bool still_waits(const struct call *call);
/* Gives the task a descriptor as its call's result. Takes over the descriptor. */
long hand_over(const struct call *call, int fd, bool close_on_exec);
/* A descriptor of the task's, as one of ours; -1 with errno. */
int take_descriptor(const struct call *call, int fd);
/* Has a process of its own do what may take long, and answer. */
long in_child(const struct call *call, long (*act)(const struct call *, void *), void *what);

/* Answers any notification but those of execve. `ending`: nothing new may begin. */
void serve_call(int listener, const struct seccomp_notif *notification, bool ending);

/* changes.c */
long change_open(const struct call *call, int directory, uint64_t path, int flags, mode_t mode);
long change_make(const struct call *call, int directory, uint64_t path, mode_t mode);
long change_node(const struct call *call, int directory, uint64_t path, mode_t mode);
long change_symlink(const struct call *call, uint64_t to, int directory, uint64_t path);
long change_remove(const struct call *call, int directory, uint64_t path, int flags);
long change_rename(const struct call *call, int from, uint64_t old, int to, uint64_t path, unsigned flags);
long change_link(const struct call *call, int from, uint64_t old, int to, uint64_t path, int flags);
long change_length(const struct call *call, uint64_t path, off_t length);

/* attributes.c: what the kernel's rules do not cover, and is therefore never left to the task itself. */
long attribute_mode(const struct call *call, int directory, uint64_t path, mode_t mode, int flags);
long attribute_mode_open(const struct call *call, int fd, mode_t mode);
long attribute_owner(const struct call *call, int directory, uint64_t path, uid_t user, gid_t group, int flags);
long attribute_owner_open(const struct call *call, int fd, uid_t user, gid_t group);
long attribute_times(const struct call *call, int directory, uint64_t path, uint64_t times, int flags);
long attribute_times_old(const struct call *call, int directory, uint64_t path, uint64_t times, bool seconds);
long attribute_watch(const struct call *call, int fd, uint64_t path, uint32_t mask);

/* signals.c */
long signal_process(const struct call *call, pid_t process);
long signal_descriptor(const struct call *call, int fd, int signal, uint64_t info, unsigned flags);
/* Into which process group a task goes: groups are killed as a whole, and must be of one session alone. */
long signal_group(pid_t group);

/* connections.c */
long connection_open(const struct call *call, int fd, uint64_t address, uint32_t length);
long connection_bind(const struct call *call, int fd, uint64_t address, uint32_t length);
long connection_listen(const struct call *call, int fd, int backlog);
/* A socket of the guard's, under the name that it has for the command. */
void serve_socket(const char *name, const char *path);
/* A port of the command's own loopback that leads to a relay; `announce` is told of each connection's port first. */
void serve_port(uint16_t port, uint16_t relay, int announce);

#endif
