#include "exec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* execvp(3) also speaks of missing permission where a folder of the search path could not be looked into. */
static bool is_on_search_path(const char *name) {
    const char *folder = getenv("PATH");
    while (folder != NULL) {
        const char *end = strchrnul(folder, ':');
        char path[4096];
        int length = snprintf(path, sizeof path, "%.*s/%s", (int)(end - folder), folder, name);
        if (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0) return true;
        folder = *end == '\0' ? NULL : end + 1;
    }
    return false;
}

void exec_command(char **argv) {
    execvp(argv[0], argv);
    int problem = errno;
    bool by_name = strchr(argv[0], '/') == NULL;
    if (by_name && (problem == ENOENT || (problem == EACCES && !is_on_search_path(argv[0])))) {
        fail(EXIT_NOT_FOUND, "%s: command not found", argv[0]);
    }
    fail(problem == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "%s: %s", argv[0], strerror(problem));
}
