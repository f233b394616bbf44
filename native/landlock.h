#ifndef WRIT_LANDLOCK_H
#define WRIT_LANDLOCK_H

#include <stdint.h>

/* Rules that are made, and not in force yet. */
struct restriction {
    int ruleset; /* -1 where there are none, or the kernel knows none */
    uint64_t files;
    uint32_t version; /* of the kernel's interface */
};

/*
 * Pairs of words, ACCESS and PATH, where ACCESS is any of the letters r (read), w (change), x (execute) and d (control
 * devices); a path that is not there is passed over. The pair `tcp PORT` permits connections to a port; with `tcp none`
 * as one of them, no other TCP connection or listener is.
 */
struct restriction prepare_restriction(char **words, uint32_t count);

/*
 * Restricts this process, and all that it starts, to the rules, which are used up. Returns the version of the kernel's
 * interface that was enforced, 0 where the kernel has none.
 */
uint32_t restrict_to(struct restriction restriction);

#endif
