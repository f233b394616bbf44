/*
 * Confinement where the system refuses namespaces: the command runs in the host's own view, under Landlock, a filter
 * and the supervisor. What holds the tree together is process 1's stand-in, which takes in all orphans and ends
 * everything when its launcher or its supervisor is gone.
 */
#ifndef WRIT_IN_PLACE_H
#define WRIT_IN_PLACE_H

#include <stddef.h>
#include <sys/types.h>

#include "words.h"

/* In the supervisor, before the stand-in is forked: the words are `below PATH`, `keep PATH`, `socket NAME PATH`, `relay PORT=PATH`. */
void prepare_in_place(const char *words, size_t length);
/* No right of root's is left to this process and what it starts. */
void drop_capabilities(void);

/* In the stand-in: orphans become its children, and the filter is read that the command begins under. */
void begin_in_place(void);
/* In the command's own process, before the listener. */
void confine_in_place(void);

#endif
