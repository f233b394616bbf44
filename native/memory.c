#include "memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

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

static unsigned long long sum_of_all(const char *file, const char *name) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return 0;
    unsigned long long sum = 0;
    for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') sum += read_kib(entry->d_name, file, name);
    }
    closedir(processes);
    return sum;
}

bool memory_exceeds(unsigned long long mib) {
    return sum_of_all("status", "RssAnon:") > mib * 1024 && sum_of_all("smaps_rollup", "Pss_Anon:") > mib * 1024;
}
