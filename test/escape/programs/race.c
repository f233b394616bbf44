/* race path|argument TIMES: a thread rewrites what execve(2) is given while it is looked at. Prints `reached` when the
   other program, or the other argument, ever got through to where it could act. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const paths[] = {"/usr/bin/true", "/usr/bin/su"};
static const char *const words[] = {"version", "push"};
static char text[32];
static atomic_bool done;

static void *rewrite(void *of) {
    const char *const *texts = of;
    for (unsigned at = 0; !done; at++) strcpy(text, texts[at & 1]);
    return NULL;
}

int main(int argc, char **argv) {
    int on_path = argc < 3 || !strcmp(argv[1], "path");
    int times = argc < 3 ? 1000 : atoi(argv[2]);
    int silent = open("/dev/null", O_RDWR | O_CLOEXEC);
    pthread_t writer;
    strcpy(text, on_path ? paths[0] : words[0]);
    pthread_create(&writer, NULL, rewrite, (void *)(on_path ? paths : words));
    int got_through = 0, started = 0;
    for (int i = 0; i < times; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC)) return 2;
        /* Shares memory with the thread above until another program runs. */
        if (vfork() == 0) {
            dup2(silent, 0), dup2(ends[1], 1), dup2(ends[1], 2);
            char *of_path[] = {"x", "--version", NULL}, *of_argument[] = {"git", text, NULL};
            execve(on_path ? text : "/usr/bin/git", on_path ? of_path : of_argument, (char *[]){"HOME=/nowhere", NULL});
            _exit(126);
        }
        close(ends[1]);
        char said[4096];
        size_t length = 0;
        for (ssize_t more; (more = read(ends[0], said + length, sizeof said - 1 - length)) > 0;) length += (size_t)more;
        said[length] = '\0';
        close(ends[0]);
        wait(NULL);
        started += length > 0;
        got_through += on_path ? strstr(said, "util-linux") != NULL : length > 0 && strstr(said, "git version") == NULL;
    }
    done = 1;
    pthread_join(writer, NULL);
    printf("%d of %d started\n", started, times);
    if (got_through > 0) puts("reached");
    return got_through == 0;
}
