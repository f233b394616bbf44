/*
 * Files as a process of the sandbox names them, found by the supervisor where there is no mount view. What is found
 * is held by a descriptor, so that nobody can put something else in its place.
 */
#ifndef WRIT_PLACE_H
#define WRIT_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A folder, and a name in it that need not be there. */
struct place {
    int parent; /* O_PATH, or -1 */
    char name[NAME_MAX + 1];
    char path[PATH_MAX]; /* without links */
};

/* A file that is there. */
struct target {
    int fd; /* O_PATH, or -1 */
    mode_t mode;
    char path[PATH_MAX];
};

/* Folders below which the command may change files, and paths among them that it may not. */
void allow_changes_below(const char *folder);
void keep_unchanged(const char *path);

/* 0; or EROFS or EBUSY where it must stay as it is. -1: in none of the folders. `moves` where a folder would go away. */
int may_change(const char *path, bool moves);
/* Such a folder itself, or what is in it: its user may be told what happens there. */
bool may_watch(const char *path);

/* 0 or an errno. `directory` is a descriptor of the task's, or AT_FDCWD; `path` is an address in its memory. */
int read_path(pid_t task, uint64_t address, char *path);
int find_place(pid_t task, int directory, const char *path, struct place *place);
int find_target(pid_t task, int directory, const char *path, bool follow, struct target *target);
/* Of one of the task's own descriptors. */
int find_open(pid_t task, int fd, struct target *target);

/* Exactly as many bytes of the task's memory. */
bool read_bytes(pid_t task, uint64_t address, void *to, size_t length);
/* A number in /proc/TASK/status (proc_pid_status(5)); -1 when it is gone. */
long read_status(pid_t task, const char *name, int base);

/* A path by which what the descriptor holds can be used once more. */
struct by_descriptor {
    char path[40];
};
struct by_descriptor path_of(int fd);

#endif
