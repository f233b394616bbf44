/* The processes below this one, where no namespace of their own holds them together. Orphans stay among them: who
 * asks here is a subreaper (PR_SET_CHILD_SUBREAPER). */
#ifndef WRIT_DESCENDANTS_H
#define WRIT_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct descendants {
    pid_t *processes;
    size_t count;
};

/* As they are now, but for zombies. */
struct descendants find_descendants(void);
void free_descendants(struct descendants *descendants);

/* Those that are there now. True when there was none. */
bool kill_descendants(void);
/* Until there is none left; nothing of them may fork without leave, or they may outrun this. */
void end_descendants(void);
/* Whether one of them has the socket open whose inode this is. */
bool descendants_hold_socket(unsigned long inode);

#endif
