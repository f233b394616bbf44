#include "tracing.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "report.h"
#include "verdicts.h"

/* An execve that has not happened by then has failed, or is slow: the task is stopped once more, and let go. */
enum { OVERDUE_MS = 50 };

struct watched {
    struct attempt decided;
    uint64_t lineage;
    long long due; /* 0: already asked to stop */
    struct watched *next;
};

static struct watched *first;

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct watched **find(pid_t task) {
    struct watched **at = &first;
    while (*at != NULL && (*at)->decided.task != task) at = &(*at)->next;
    return at;
}

static void drop(struct watched **at) {
    struct watched *gone = *at;
    *at = gone->next;
    free_attempt(&gone->decided);
    free(gone);
}

bool watch(struct attempt *attempt, uint64_t lineage) {
    struct watched **old = find(attempt->task);
    if (*old != NULL) {
        /* Its last execve failed, and this one came before it was let go: it is watched already. */
        drop(old);
    } else if (ptrace(PTRACE_SEIZE, attempt->task, NULL, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0) {
        return false;
    }
    struct watched *watched = malloc(sizeof *watched);
    if (watched == NULL) fail(EXIT_SETUP, "out of memory");
    *watched = (struct watched){.decided = *attempt, .lineage = lineage, .due = now_ms() + OVERDUE_MS, .next = first};
    *attempt = (struct attempt){0};
    first = watched;
    return true;
}

/* The inode's time of change is left out: links to a file, which builds make, change it too. */
static bool runs_as_decided(pid_t process, const struct attempt *decided) {
    char path[64];
    struct stat file;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)process);
    if (stat(path, &file) != 0) return false;
    struct identity actual = identity_of(&file);
    struct identity expected = decided->images[decided->image_count - 1].identity;
    actual.changed_ns = expected.changed_ns;
    if (!same_identity(&actual, &expected)) return false;
    struct words arguments;
    bool same = read_command_line(process, &arguments) && same_words(&arguments, &decided->effective);
    free_words(&arguments);
    return same;
}

static enum outcome take_exec(pid_t process, struct attempt *decided) {
    unsigned long former = 0;
    struct watched **at = find(process);
    /* A thread that was not its process's first has taken the first one's number. */
    if (ptrace(PTRACE_GETEVENTMSG, process, NULL, &former) == 0 && (pid_t)former != process && former != 0) {
        at = find((pid_t)former);
    }
    if (*at == NULL || !runs_as_decided(process, &(*at)->decided)) {
        *decided = (struct attempt){.process = process};
        if (*at != NULL) {
            *decided = (*at)->decided;
            (*at)->decided = (struct attempt){0};
            drop(at);
        }
        return OUTCOME_MISMATCH;
    }
    set_lineage(process, (*at)->decided.started, (*at)->lineage);
    drop(at);
    ptrace(PTRACE_DETACH, process, NULL, NULL);
    return OUTCOME_VERIFIED;
}

enum outcome take_stop(pid_t task, int status, struct attempt *decided) {
    int event = status >> 16;
    if (event == PTRACE_EVENT_EXEC) return take_exec(task, decided);
    struct watched **at = find(task);
    if (*at != NULL) drop(at);
    /* A signal that arrived is handed on; a stop of the whole group stays one. */
    uintptr_t signal = event == 0 ? (uintptr_t)WSTOPSIG(status) : 0;
    ptrace(PTRACE_DETACH, task, NULL, (void *)signal); /* NOLINT */
    return OUTCOME_NONE;
}

void forget_task(pid_t task) {
    struct watched **at = find(task);
    if (*at != NULL) drop(at);
}

int release_overdue(void) {
    long long now = now_ms(), next = -1;
    for (struct watched *at = first; at != NULL; at = at->next) {
        if (at->due == 0) continue;
        if (at->due <= now) {
            at->due = 0;
            ptrace(PTRACE_INTERRUPT, at->decided.task, NULL, NULL);
        } else if (next < 0 || at->due - now < next) {
            next = at->due - now;
        }
    }
    return (int)next;
}
