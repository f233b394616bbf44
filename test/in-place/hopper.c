/*
 * Gets away from whoever kills it by its number: lives for a moment, in a group of its own, in a child.
 * Counts in the file how often it did.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int file = argc < 2 ? -1 : open(argv[1], O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, 8) != 0) return 1;
    unsigned long *hops = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (hops == MAP_FAILED) return 1;
    for (;;) {
        pid_t child = fork();
        if (child > 0) _exit(0);
        if (child < 0) continue;
        setsid();
        ++*hops;
        usleep(500);
    }
}
