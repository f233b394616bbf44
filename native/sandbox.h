/* The launcher's end of a sandbox: starts it, speaks to its process 1 (init.c), and waits for its end. */
#ifndef WRIT_SANDBOX_H
#define WRIT_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "output.h"
#include "terminal.h"
#include "watch.h"
#include "wire.h"

/* As `writ-exec init` says it. */
struct ending {
    bool told;
    char reason[16];
    int code, signal;
    long long user_us, system_us, max_rss_kib;
};

struct sandbox {
    pid_t process; /* 0 once it is gone */
    int control;   /* -1 once the other end is gone */
    int complaints;
    struct buffer requests, lines;
    bool held;           /* process 1 is not told yet what to run */
    struct buffer later; /* what it is told then, and what was asked for meanwhile */
    char complaint[1024]; /* what was said on standard error before the command started */
    size_t complaint_length;
    bool started, stopped;
    bool used; /* `usage` is news */
    struct usage usage;
    struct ending ending;
};

/* @param cgroups folders for it to join, ending in NULL */
void sandbox_start(struct sandbox *sandbox, char *const *cgroups, const struct terminal *terminal,
                   const struct output *output);

enum { TAKE_FOREGROUND = 0xfe, KILL_ALL = 0xff };
/* The number of a signal, or one of those above. */
void sandbox_ask(struct sandbox *sandbox, unsigned char request);

/* Process 1 learns what to run. */
void sandbox_release(struct sandbox *sandbox);

/* Moves what can be moved without waiting. `stopped` is set when the command was. */
void sandbox_serve(struct sandbox *sandbox);
void sandbox_reap(struct sandbox *sandbox);
/* Returns when nothing of it is left, where something was. */
void sandbox_await(struct sandbox *sandbox);
bool sandbox_is_over(const struct sandbox *sandbox);
/* Somebody killed what held it, and not all of it has followed: the guard ends the rest. */
bool sandbox_is_orphaned(const struct sandbox *sandbox);
/* No longer waits for it. */
void sandbox_give_up(struct sandbox *sandbox);
void sandbox_free(struct sandbox *sandbox);

#endif
