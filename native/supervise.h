#ifndef WRIT_SUPERVISE_H
#define WRIT_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

/* What the guard and the supervisor of a session have in common, out of the launcher's data. */
struct supervision {
    const char *socket;
    const char *token;
    bool in_place; /* without namespaces (in_place.h) */
};

/* Greets the guard. Returns the connection. */
int begin_supervision(const struct supervision *supervision);

/*
 * Decides with the guard every execve of the sandbox, whose first process outside is `sandbox` and whose process 1
 * is at the other end of `inside`. Returns the sandbox's exit status when it is gone. Everything ends with the guard.
 */
int supervise_sandbox(pid_t sandbox, int inside, int guard, bool in_place);

#endif
