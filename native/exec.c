#include "exec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/*
 * As execvp(3), but asks first whether the file is there: each attempt of a supervised program is a turn of its
 * supervisor. Where permission is missing to look into a folder, it is as if nothing were there.
 */
static int exec_on_search_path(char **argv) {
    int problem = ENOENT;
    for (const char *folder = getenv("PATH"); folder != NULL;) {
        const char *end = strchrnul(folder, ':');
        char path[4096];
        int length = end == folder ? snprintf(path, sizeof path, "./%s", argv[0])
                                   : snprintf(path, sizeof path, "%.*s/%s", (int)(end - folder), folder, argv[0]);
        if (*argv[0] != '\0' && length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0) {
            execvp(path, argv);
            if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) return errno;
            if (errno == EACCES) problem = EACCES;
        }
        folder = *end == '\0' ? NULL : end + 1;
    }
    return problem;
}

void exec_command(char **argv) {
    bool by_name = strchr(argv[0], '/') == NULL;
    if (!by_name) execvp(argv[0], argv);
    int problem = by_name ? exec_on_search_path(argv) : errno;
    if (by_name && problem == ENOENT) fail(EXIT_NOT_FOUND, "%s: command not found", argv[0]);
    fail(problem == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "%s: %s", argv[0], strerror(problem));
}
