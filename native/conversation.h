/* The launcher's end of what it says to the guard and hears from it; the other is src/guard/launcher/. */
#ifndef WRIT_CONVERSATION_H
#define WRIT_CONVERSATION_H

#include "arguments.h"
#include "wire.h"

/* Connected to the guard of this user, or -1 where none is running. Ends the program where it is somebody else's. */
int connect_guard(bool json);

/* What is asked for: the first block names it field by field, the second is the command. */
void append_request(struct buffer *to, const char *kind, const char *directory, bool terminal,
                    const struct arguments *arguments);

bool item_is(const struct message *message, uint32_t index, const char *text);

#endif
