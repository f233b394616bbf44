/* One execve that waits in the kernel: what it would run, read from the process that asks. */
#ifndef WRIT_ATTEMPT_H
#define WRIT_ATTEMPT_H

#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/types.h>

#include "image.h"
#include "words.h"

/* As many interpreters as the kernel follows, and the script itself. */
enum { MOST_IMAGES = 5 };

struct attempt {
    uint64_t notification;
    pid_t task;    /* the thread */
    pid_t process; /* its thread group */
    pid_t parent;
    uint64_t started; /* clock ticks since boot, proc_pid_stat(5) */
    char *named;      /* the path as the caller gave it */
    char *directory;
    struct words argv;
    struct words effective; /* what the last image gets, with what `#!` lines add */
    struct image images[MOST_IMAGES];
    int image_count;
};

/* 0; or the errno that the execve is to end with, since nothing could run. Free it in either case. */
int read_attempt(const struct seccomp_notif *notification, int root, struct attempt *attempt);
void free_attempt(struct attempt *attempt);

/* Of a process: who started it, and when. False when it is gone. */
bool read_origin(pid_t process, pid_t *parent, uint64_t *started);

/* Its arguments as they lie in its memory now (proc_pid_cmdline(5)). False when they cannot be read. */
bool read_command_line(pid_t process, struct words *words);

#endif
