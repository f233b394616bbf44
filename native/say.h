/* What Writ says to people while a command is governed: to standard error, prefixed, in one write. */
#ifndef WRIT_SAY_H
#define WRIT_SAY_H

#include <stdbool.h>
#include <stddef.h>

/* Text of any origin: what could drive a terminal is spelled out, further lines are indented. */
void say(const char *text, size_t length);

/* A fault with its code and what to do about it, also as JSON on standard output where that was asked for. */
void say_fault(bool json, const char *code, const char *message, const char *hint);

#endif
