/*
 * What really runs. An execve that was let through stops again when the new program is in place and has not run yet
 * (ptrace(2), PTRACE_EVENT_EXEC); there its file and its arguments are compared with those that were decided.
 */
#ifndef WRIT_TRACING_H
#define WRIT_TRACING_H

#include <stdbool.h>
#include <sys/types.h>

#include "attempt.h"

/* Watches the task from now on. Takes over the attempt's contents. False when it cannot be watched. */
bool watch(struct attempt *attempt, uint64_t lineage);

enum outcome {
    OUTCOME_NONE,     /* nothing to do with an execve */
    OUTCOME_VERIFIED, /* runs what was decided */
    OUTCOME_MISMATCH, /* does not, and stands still */
};

/* Of a stopped task that waitpid(2) told of. `decided` is the caller's to free when it is a mismatch. */
enum outcome take_stop(pid_t task, int status, struct attempt *decided);
/* Of a task that waitpid(2) said is gone. */
void forget_task(pid_t task);

/* Lets go of those whose execve failed. Milliseconds until the next are due, -1 when there is none. */
int release_overdue(void);

#endif
