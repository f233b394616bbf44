/* Gets away from whoever kills it by its number: lives for a moment, in a group of its own, in a child. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    FILE *alive = argc < 2 ? NULL : fopen(argv[1], "w");
    if (alive == NULL) return 1;
    fputs("hopping\n", alive);
    fclose(alive);
    for (;;) {
        pid_t child = fork();
        if (child > 0) _exit(0);
        if (child == 0) setsid();
    }
}
