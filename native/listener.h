/* The filter under which every execve of the command waits for the supervisor, and the way of its listener outside. */
#ifndef WRIT_LISTENER_H
#define WRIT_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Puts this process, and all that it starts, under the filter; `in_place` with the calls that wait where there are no
 * namespaces (calls.h). Ends the program where the kernel refuses.
 */
int install_listener(bool in_place);

/* What the command's process tells the supervisor together with the listener, before it becomes the command. */
struct confinement {
    uint32_t landlock_abi; /* 0: not enforced */
};

void send_listener(int socket, int listener, struct confinement confinement);

/* The listener, or -1 where the other side went away without one. */
int receive_listener(int socket, struct confinement *confinement);

#endif
