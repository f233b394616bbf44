/* The subcommands. Each takes the arguments after its own name and returns the exit status. */
#ifndef WRIT_COMMANDS_H
#define WRIT_COMMANDS_H

int exec_verb(int argc, char **argv);
int run_verb(int argc, char **argv);
int launch_command(int argc, char **argv);
int init_command(int argc, char **argv);
int relay_command(int argc, char **argv);
int hook_command(int argc, char **argv);
int attest_command(int argc, char **argv);
int features_command(int argc, char **argv);
int keyring_command(int argc, char **argv);
int connect_command(int argc, char **argv);

/* Control groups that `launch` is told to join: one for each controller, at most. */
enum { MAX_CGROUPS = 4 };

/*
 * Sent by the launcher to its supervisor: everything is to end. Unlike SIGKILL it also ends a process 1 that bubblewrap
 * has made but not let go on yet, and that nobody's death would end.
 */
#define END_EVERYTHING SIGRTMIN

/* File descriptors that the launcher (sandbox.c) passes to `launch`. */
enum { CONTROL_FD = 3, REAL_STDERR_FD = 4, SUPERVISOR_FD = 5, LIFE_FD = 6, FIRST_DATA_FD = 10, FILTER_FD = 11 };

#endif
