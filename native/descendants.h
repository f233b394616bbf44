/* The processes below this one, where no namespace of their own holds them together. Orphans stay among them: who
 * asks here is a subreaper (PR_SET_CHILD_SUBREAPER). */
#ifndef WRIT_DESCENDANTS_H
#define WRIT_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct descendant {
    pid_t process, group;
    bool zombie;
};
struct descendants {
    struct descendant *all;
    size_t count;
};

/* As they are now. */
struct descendants find_descendants(void);
void free_descendants(struct descendants *descendants);

/*
 * Those that are there now, with their process groups: the kernel ends a group as one, so that nobody gets away by
 * forking. Of one that lives but for a moment, what it leaves behind tells the group. Who may form a group, and which, is the supervisor's to say (calls.c).
 */
void kill_descendants(void);
/* Until there is none left. */
void end_descendants(void);
/* Whether a process is one of them. */
bool is_descendant(pid_t process);
/* Whether a process group has one of them; then it has no others, see above. */
bool is_group_of_descendants(pid_t group);
/* Whether one of them has the socket open whose inode this is. */
bool descendants_hold_socket(unsigned long inode);

#endif
