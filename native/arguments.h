#ifndef WRIT_ARGUMENTS_H
#define WRIT_ARGUMENTS_H

#include <stdbool.h>

/* The options of `writ exec` and `writ run`; NULL where one was not given. See src/cli/verbs.ts. */
struct arguments {
    const char *profile, *assistant, *job, *writ;
    bool wait, json;
    /* Given by the Node program, which has started Writ: it is not to be asked to do so again. */
    bool started;
    char **command;
};

/* False for whatever is not as it must be, and for `--help`: the Node program explains itself. */
bool parse_arguments(int argc, char **argv, struct arguments *arguments);

/* Whether it is UTF-8 (RFC 3629). Another command would be decided than the one that runs. */
bool is_text(const char *bytes);

#endif
