#ifndef WRIT_EXEC_H
#define WRIT_EXEC_H

/* Becomes the command, found as a shell finds it; else says why not and exits with 127 or 126, as a shell does. */
__attribute__((noreturn)) void exec_command(char **argv);

#endif
