/*
 * The supervisor's conversation with the guard over the session's socket. To the guard go blocks (block.h), from it
 * come lines. The first block is `hello` with the session's token; src/guard/supervise/protocol.ts has them all.
 */
#ifndef WRIT_GUARD_LINK_H
#define WRIT_GUARD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connects, and makes sure that whoever listens is this user or root. Ends the program otherwise. */
int join_guard(const char *path);

void begin_message(const char *type);
void add_item(const char *bytes, size_t length);
void add_string(const char *text);
void add_number(uint64_t number);
void end_message(void);

bool output_waits(void);
/* Sends what can be sent without waiting, or all of it. False when the guard is gone. */
bool flush_output(int guard, bool wait);

/* Reads what is there. False when the guard is gone. */
bool fill_input(int guard);
/* The next whole line without its end, valid until the next call; NULL when there is none. */
char *next_line(void);

#endif
