#ifndef WRIT_MOUNTS_H
#define WRIT_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct mount_point {
    const char *path;
    bool required;
    bool found;
};

/*
 * That everything is mounted where it was planned, and nothing anywhere else. bubblewrap follows links when it
 * mounts, and whoever writes to the repository at that moment could turn a folder into one: then part of the host
 * would be mounted in the wrong place. Ends the program when the table is not as planned.
 */
void verify_mounts(struct mount_point *planned, size_t count);

#endif
