/* What a command prints, counted on its way to the caller; only where its profile limits that. */
#ifndef WRIT_OUTPUT_H
#define WRIT_OUTPUT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

enum { OUTPUT_STREAMS = 2, OUTPUT_EVENTS = 2 * OUTPUT_STREAMS };

struct stream {
    int from, to; /* a pipe's end, and the caller's stream; -1 once it is over */
    int given;    /* the other end, until the command has it */
    char *bytes;
    size_t at, length; /* read, and not yet passed on */
};

struct output {
    unsigned long long limit, count; /* bytes; a limit of 0 is none */
    bool exceeded;
    struct stream streams[OUTPUT_STREAMS]; /* standard output and error; the second may share the first's pipe */
};

/* Pipes before the caller's streams, terminals of `own` and what goes nowhere apart. False where there are none. */
bool output_open(struct output *output, unsigned long long limit, bool own_terminal);
/* In the child: its standard streams. */
void output_adopt(const struct output *output);
/* In the parent, once the command has them. */
void output_hand_over(struct output *output);

/* For poll(2): what may be moved, and has room. */
void output_expect(const struct output *output, struct pollfd events[OUTPUT_EVENTS]);
/* Moves that, without waiting. */
void output_serve(struct output *output, const struct pollfd events[OUTPUT_EVENTS]);
/* Whether something is still to be passed on, or may come. */
bool output_pending(const struct output *output);
/* Counts what was shown, and how much of it still may be. */
size_t output_allow(struct output *output, size_t length);
void output_close(struct output *output);

#endif
