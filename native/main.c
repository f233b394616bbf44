/* writ-exec: what must run between fork and exec, or where starting Node would cost too much. It never decides. */
#include <string.h>

#include "commands.h"
#include "report.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"exec", exec_verb},       {"run", run_verb},
    {"launch", launch_command}, {"init", init_command},           {"relay", relay_command},
    {"hook", hook_command},     {"attest", attest_command},
    {"features", features_command}, {"keyring", keyring_command},
    {"connect", connect_command},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    }
    fail(2, "usage: writ-exec exec|run|launch|init|relay|hook|attest …");
}
