#ifndef WRIT_MEMORY_H
#define WRIT_MEMORY_H

#include <stdbool.h>

/*
 * Whether all processes in view, this one's sandbox, hold more than so many MiB together. Shared pages are counted
 * once, but only where it matters: proc_pid_smaps_rollup(5) is dear.
 */
bool memory_exceeds(unsigned long long mib);

#endif
