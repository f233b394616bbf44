#include "descendants.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

struct process {
    pid_t id, parent, group;
    bool zombie, below;
};

/* proc_pid_stat(5). False for what is gone. */
static bool read_process(const char *name, struct process *process) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", name);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *at = strrchr(text, ')');
    char state;
    int parent, group;
    if (at == NULL || sscanf(at + 1, " %c %d %d", &state, &parent, &group) != 3) return false;
    *process = (struct process){
        .id = (pid_t)atoi(name), .parent = (pid_t)parent, .group = (pid_t)group, .zombie = state == 'Z'};
    return true;
}

static struct process *read_all(size_t *count) {
    DIR *folder = opendir("/proc");
    struct process *all = NULL;
    size_t room = 0;
    *count = 0;
    if (folder == NULL) return NULL;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        if (*count == room) {
            room = room == 0 ? 256 : 2 * room;
            all = realloc(all, room * sizeof *all);
            if (all == NULL) fail(EXIT_SETUP, "out of memory");
        }
        if (read_process(entry->d_name, &all[*count])) (*count)++;
    }
    closedir(folder);
    return all;
}

/* Numbers are given out in a circle: a child's may be less than its parent's, so once is not enough. */
static void mark(struct process *all, size_t count) {
    pid_t self = getpid();
    for (bool found = true; found;) {
        found = false;
        for (size_t i = 0; i < count; i++) {
            if (all[i].below) continue;
            bool below = all[i].parent == self;
            for (size_t j = 0; !below && j < count; j++) below = all[j].below && all[j].id == all[i].parent;
            if (below) all[i].below = found = true;
        }
    }
}

struct descendants find_descendants(void) {
    size_t count;
    struct process *all = read_all(&count);
    mark(all, count);
    struct descendants found = {.all = calloc(count + 1, sizeof *found.all)};
    if (found.all == NULL) fail(EXIT_SETUP, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (!all[i].below) continue;
        found.all[found.count++] = (struct descendant){.process = all[i].id, .group = all[i].group, .zombie = all[i].zombie};
    }
    free(all);
    return found;
}

void free_descendants(struct descendants *descendants) {
    free(descendants->all);
    *descendants = (struct descendants){0};
}

void kill_descendants(void) {
    struct descendants found = find_descendants();
    pid_t own = getpgrp();
    for (size_t i = 0; i < found.count; i++) {
        kill(found.all[i].process, SIGKILL);
        if (found.all[i].group > 1 && found.all[i].group != own) kill(-found.all[i].group, SIGKILL);
    }
    free_descendants(&found);
}

bool is_descendant(pid_t process) {
    struct descendants found = find_descendants();
    bool is = false;
    for (size_t i = 0; !is && i < found.count; i++) is = found.all[i].process == process;
    free_descendants(&found);
    return is;
}

void end_descendants(void) {
    static const struct timespec moment = {.tv_nsec = 2000000};
    for (;;) {
        pid_t gone;
        while ((gone = waitpid(-1, NULL, WNOHANG | __WALL)) > 0) continue;
        if (gone < 0 && errno == ECHILD) return;
        kill_descendants();
        nanosleep(&moment, NULL);
    }
}

bool is_group_of_descendants(pid_t group) {
    struct descendants found = find_descendants();
    bool is = false;
    for (size_t i = 0; !is && i < found.count; i++) is = found.all[i].group == group && group != getpgrp();
    free_descendants(&found);
    return is;
}

static bool holds_socket(pid_t process, const char *wanted) {
    char path[64], link[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *folder = opendir(path);
    if (folder == NULL) return false;
    bool found = false;
    for (struct dirent *entry = readdir(folder); !found && entry != NULL; entry = readdir(folder)) {
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        if (length <= 0) continue;
        link[length] = '\0';
        found = strcmp(link, wanted) == 0;
    }
    closedir(folder);
    return found;
}

bool descendants_hold_socket(unsigned long inode) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    struct descendants found = find_descendants();
    bool held = false;
    for (size_t i = 0; !held && i < found.count; i++) held = holds_socket(found.all[i].process, wanted);
    free_descendants(&found);
    return held;
}
