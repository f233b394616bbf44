#include "mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* The fifth field of a line of proc_pid_mountinfo(5), in place: spaces and such stand there in octal. */
static char *mount_point_of(char *line) {
    char *at = line;
    for (int field = 0; field < 4; field++) {
        at = strchr(at, ' ');
        if (at == NULL) return NULL;
        at++;
    }
    char *end = strchr(at, ' ');
    if (end == NULL) return NULL;
    *end = '\0';
    char *to = at;
    for (const char *from = at; *from != '\0'; to++) {
        if (from[0] == '\\' && from[1] != '\0' && from[2] != '\0' && from[3] != '\0') {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
    return at;
}

static struct mount_point *find(struct mount_point *planned, size_t count, const char *path) {
    for (size_t i = 0; i < count; i++) {
        if (!planned[i].found && strcmp(planned[i].path, path) == 0) return &planned[i];
    }
    return NULL;
}

void verify_mounts(struct mount_point *planned, size_t count) {
    FILE *table = fopen("/proc/self/mountinfo", "re");
    if (table == NULL) fail(EXIT_SETUP, "cannot read the mount table: %s", strerror(errno));
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, table) > 0) {
        const char *path = mount_point_of(line);
        if (path == NULL) fail(EXIT_SETUP, "the mount table cannot be understood");
        struct mount_point *mount = find(planned, count, path);
        if (mount == NULL) fail(EXIT_SETUP, "%s is mounted though it was not planned", path);
        mount->found = true;
    }
    free(line);
    fclose(table);
    for (size_t i = 0; i < count; i++) {
        if (planned[i].required && !planned[i].found) fail(EXIT_SETUP, "%s is not mounted as planned", planned[i].path);
    }
}
