/* What the processes in view, which are those of this sandbox, use together. */
#ifndef WRIT_WATCH_H
#define WRIT_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

struct usage {
    unsigned long long cpu_ms; /* of those that have ended too */
    unsigned long long memory_kib;
    unsigned processes;
};

/*
 * All but this process and `apart`. Shared pages are counted once, but only beyond `coarse_mib`, where it matters:
 * proc_pid_smaps_rollup(5) is dear.
 */
struct usage usage_in_view(pid_t apart, unsigned long long coarse_mib);

/* From now on those below this process count, where those in view are the whole machine's. */
void watch_descendants(void);

/* Whether they hold more than so many MiB together. */
bool memory_exceeds(unsigned long long mib);

#endif
