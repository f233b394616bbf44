#include "watch.h"

#include <dirent.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "descendants.h"

/* The sum of the lines of this name, in KiB; 0 for a process that has just ended. */
static unsigned long long read_kib(const char *process, const char *file, const char *name) {
    char path[64], line[256];
    unsigned long long sum = 0;
    snprintf(path, sizeof path, "/proc/%.20s/%s", process, file);
    FILE *lines = fopen(path, "re");
    if (lines == NULL) return 0;
    while (fgets(line, sizeof line, lines) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) sum += strtoull(line + strlen(name), NULL, 10);
    }
    fclose(lines);
    return sum;
}

/* Its own ticks and those of the children it has waited for: fields 14 to 17 of proc_pid_stat(5). */
static unsigned long long ticks_of(const char *process) {
    char path[64], line[1024];
    unsigned long long ticks[4] = {0};
    snprintf(path, sizeof path, "/proc/%.20s/stat", process);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    /* The name stands in brackets, and may hold any character. */
    const char *rest = strrchr(line, ')');
    if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &ticks[0],
                               &ticks[1], &ticks[2], &ticks[3]) != 4) {
        return 0;
    }
    return ticks[0] + ticks[1] + ticks[2] + ticks[3];
}

static bool below_only;

void watch_descendants(void) {
    below_only = true;
}

static void for_descendants(void (*look)(const char *process, void *into), void *into) {
    struct descendants found = find_descendants();
    for (size_t i = 0; i < found.count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", (int)found.all[i].process);
        look(name, into);
    }
    free_descendants(&found);
}

/* Calls `look` for every process in view. */
static void for_all(void (*look)(const char *process, void *into), void *into) {
    if (below_only) {
        for_descendants(look, into);
        return;
    }
    DIR *processes = opendir("/proc");
    if (processes == NULL) return;
    for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') look(entry->d_name, into);
    }
    closedir(processes);
}

static void add_resident(const char *process, void *into) {
    *(unsigned long long *)into += read_kib(process, "status", "RssAnon:");
}

static void add_proportional(const char *process, void *into) {
    *(unsigned long long *)into += read_kib(process, "smaps_rollup", "Pss_Anon:");
}

/* What lies in the private folders, which are memory too. In place they are folders of the disk. */
static unsigned long long files_in_memory(void) {
    static const char *const folders[] = {"/tmp", "/var/tmp", "/run", "/home/writ", "/dev"};
    unsigned long long bytes = 0;
    for (size_t i = 0; !below_only && i < sizeof folders / sizeof *folders; i++) {
        struct statfs held;
        if (statfs(folders[i], &held) != 0 || held.f_type != TMPFS_MAGIC) continue;
        bytes += (unsigned long long)(held.f_blocks - held.f_bfree) * (unsigned long long)held.f_bsize;
    }
    return bytes / 1024;
}

static unsigned long long memory_in_view(unsigned long long coarse_mib) {
    unsigned long long resident = files_in_memory(), proportional = resident;
    for_all(add_resident, &resident);
    if (resident <= coarse_mib * 1024) return resident;
    for_all(add_proportional, &proportional);
    return proportional;
}

struct sum {
    pid_t self, apart;
    unsigned processes;
    unsigned long long ticks;
};

static void add_process(const char *process, void *into) {
    struct sum *sum = into;
    pid_t pid = atoi(process);
    if (pid == sum->self || pid == sum->apart) return;
    sum->processes++;
    sum->ticks += ticks_of(process);
}

static unsigned long long milliseconds(struct timeval time) {
    return (unsigned long long)time.tv_sec * 1000 + (unsigned long long)time.tv_usec / 1000;
}

struct usage usage_in_view(pid_t apart, unsigned long long coarse_mib) {
    struct sum sum = {.self = getpid(), .apart = apart};
    struct rusage ended = {0};
    for_all(add_process, &sum);
    getrusage(RUSAGE_CHILDREN, &ended);
    return (struct usage){
        .cpu_ms = milliseconds(ended.ru_utime) + milliseconds(ended.ru_stime) +
                  sum.ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK),
        .memory_kib = memory_in_view(coarse_mib),
        .processes = sum.processes,
    };
}

bool memory_exceeds(unsigned long long mib) {
    return memory_in_view(mib) > mib * 1024;
}
