#ifndef WRIT_RELAY_H
#define WRIT_RELAY_H

#include <stdint.h>

/* Listens on a loopback address of the sandbox: ADDRESS:PORT=SOCKET. Ends the process when it cannot. */
void relay_listen(const char *text);

/* Likewise for 127.0.0.1, on the port that is returned. */
uint16_t relay_listen_anywhere(const char *socket);

/* From now on only connections are carried whose port can be read from here first, each as a uint16_t. */
void relay_admit(int announced);

/* Gives up the terminal, the standard streams and the signals that are meant for the command. */
void relay_detach(void);

/* Carries connections from the listeners to their sockets until `until` is readable; with -1, until it is killed. */
__attribute__((noreturn)) void relay_serve(int until);

/* Closes the listeners, in the process that does not serve. */
void relay_close(void);

#endif
