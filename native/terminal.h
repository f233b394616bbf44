/* A terminal of its own for a command that is recorded or whose output is limited, between it and the caller's. */
#ifndef WRIT_TERMINAL_H
#define WRIT_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

#include "output.h"
#include "recording.h"

struct terminal {
    int master; /* -1: the command has the caller's own terminal */
    int slave;  /* until the command has it */
    bool raw;
    bool shares_errors; /* the caller's standard error is the terminal too */
    struct termios saved;
    struct buffer typed; /* and not yet taken */
    struct recording recording;
    struct output *output; /* counts what is shown */
};

/* With the caller's settings and size. False where there is none to be had. */
bool terminal_open(struct terminal *terminal);
/* In the child: the terminal of a session of its own, and its standard streams. */
void terminal_adopt(const struct terminal *terminal);
/* The caller's terminal passes on what is typed as it is; and again as it was. */
void terminal_begin(struct terminal *terminal);
void terminal_end(struct terminal *terminal);
void terminal_resize(struct terminal *terminal);
/* Moves what can be moved without waiting, from the caller only where `typing`. False when the other end is gone. */
bool terminal_serve(struct terminal *terminal, bool typing);
void terminal_close(struct terminal *terminal);

#endif
