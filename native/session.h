/* One governed command as its launcher sees it; session.c has the protocol. */
#ifndef WRIT_SESSION_H
#define WRIT_SESSION_H

#include "conversation.h"
#include "output.h"
#include "sandbox.h"
#include "terminal.h"

enum { EXIT_FAILED = 1, KILLED = 137 };

struct session {
    struct arguments arguments;
    int guard; /* -1 once it is gone */
    struct buffer outgoing, incoming;
    bool terminal, foreground, killed;
    long long started_at; /* when the guard let it start; 0 before */
    int refused;          /* the exit status where the guard will not, or -1 */
    bool in_place; /* without namespaces, whose end is that of all in them */
    long long kill_at; /* when the sandbox is killed from outside, or -1 */
    struct sandbox sandbox;
    struct terminal own; /* of a command that is recorded, or whose output is limited */
    struct output output;
};

/* The next whole message; false when there is none yet. Nonsense counts as the guard's going away. */
bool next_message(struct session *session, struct message *message);
/* Of the message that was last taken. */
void done_with(struct session *session, struct message *message);
/* Waits for the guard alone; false when it is gone, or has been silent for as long (-1: for ever). */
bool wait_for_guard(struct session *session, int patience_ms);
void say_items(const struct message *message, uint32_t from);
/* What an `end` message says; the exit status. */
int end_without_start(struct session *session, const struct message *message);

/* From a launch message to the report of the end (launching.c); the exit status, or -1 where it is no such message. */
int run_launch(struct session *session, const struct message *message);

/* While the command runs (following.c). */
bool in_foreground(void);
/* Blocks the signals that are followed; a descriptor that they can be read from. */
int take_signals(bool terminal, bool recorded);
/* Until the last process of the command is gone; what holds the sandbox may not be yet. */
void follow(struct session *session, int signals);
/* A process group of the sandbox that had the terminal is gone; a script that goes on after us needs it. */
void take_terminal_back(void);

/* Microseconds of a clock that only goes forward. */
long long now_us(void);

#endif
