/* Files that a command planted so that git outside the sandbox would obey them. */
#ifndef WRIT_PLANTED_H
#define WRIT_PLANTED_H

#include "wire.h"

/*
 * After the end, when nothing can plant them anew: removes those of the block's paths that are there.
 * @return how many; they are appended as items
 */
uint32_t remove_planted(struct slice forbidden, struct buffer *planted);
void say_planted(const struct buffer *planted);

#endif
