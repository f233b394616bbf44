/* The files that an execve would run, found as the kernel would find them for a process inside the sandbox. */
#ifndef WRIT_IMAGE_H
#define WRIT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Which file, and which content: what stat(2) says of it. */
struct identity {
    uint64_t device, inode, size, modified_ns, changed_ns;
};

enum image_kind {
    IMAGE_PROGRAM,    /* an ELF file for this machine */
    IMAGE_SCRIPT,     /* begins with #! */
    IMAGE_FOREIGN,    /* an ELF file for another machine or ABI */
    IMAGE_UNREADABLE, /* cannot be looked into */
    IMAGE_OTHER,      /* nothing that the kernel itself starts */
};

struct image {
    int fd; /* opened with O_PATH */
    struct identity identity;
    enum image_kind kind;
    bool nameless; /* in memory, or unlinked */
    char *path;    /* real path as seen inside */
    /* Of a script, as in its first line; empty without an argument. */
    char interpreter[256], argument[256];
};

/* As whom a path is looked up. */
struct viewer {
    int root; /* the sandbox's, opened with O_PATH */
    pid_t task;
    const char *directory; /* absolute, as seen inside: where relative paths begin */
};

struct identity identity_of(const struct stat *file);
bool same_identity(const struct identity *one, const struct identity *other);

/* 0, or the errno that the execve would end with. */
int open_image(const struct viewer *viewer, const char *path, bool follow, struct image *image);
void close_image(struct image *image);

#endif
