/*
 * writ-exec exec|run [OPTION]… -- COMMAND ARGUMENT…
 *
 * One governed command, from the question to the report of its end: asks the guard over its socket, starts the
 * sandbox that the answer describes, and stays until all of it has ended. The standard streams are the command's own,
 * with nothing in between. Whatever kills this process also kills the sandbox, and so does the guard's going away.
 *
 * The guard's messages are blocks whose first item is their name:
 *   say TEXT…                 what people are to know
 *   launch SESSION TERMINAL CGROUPS BUBBLEWRAP SETTINGS ENVIRONMENT ARGV INHERIT FORBIDDEN RECORDING SECRETS
 *          OUTPUT
 *                             blocks within the block, as `writ-exec launch` and `init` take them; names of variables
 *                             to add from the caller's; files that must not exist afterwards; the file into which
 *                             the terminal is recorded, and what must not stand in it; how many bytes may be
 *                             printed, or nothing where that is not limited
 *   start                     what was launched may start: its view is made while the guard still writes down that it may
 *   kill TEXT                 the whole tree, at once
 *   end STATUS JSON TEXT…     nothing is started, whatever was launched: JSON for --json, texts for people
 *   recorded TEXT…            the end is on the log
 * The launcher's, after the request: `started`, `used CPU_MS MEMORY_KIB PROCESSES OUTPUT_BYTES` as often as the
 * sandbox tells it, and last
 *   ended REASON CODE SIGNAL USER_US SYSTEM_US MAX_RSS_KIB DURATION_US OUTPUT_BYTES COMPLAINT PLANTED…
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "say.h"

long long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The Node program starts Writ, explains itself, and says what is wrong with the arguments. */
__attribute__((noreturn)) static void hand_over_to_node(const char *kind, int argc, char **argv) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    path[length < 0 ? 0 : length] = '\0';
    for (int level = 0; level < 3; level++) {
        char *slash = strrchr(path, '/');
        if (slash != NULL) *slash = '\0';
    }
    strcat(path, "/bin/writ");
    char **words = calloc((size_t)argc + 4, sizeof *words);
    if (words == NULL) fail(EXIT_FAILED, "out of memory");
    char *const head[] = {path, "--with-node", strcmp(kind, "run") == 0 ? "run" : "exec"};
    memcpy(words, head, sizeof head);
    memcpy(words + 3, argv, (size_t)argc * sizeof *words);
    execv(path, words);
    fail(EXIT_FAILED, "%s cannot be started: %s", path, strerror(errno));
}

/* Where one is closed, the next file that is opened would take its place. */
static void fill_standard_streams(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
    if (fd > STDERR_FILENO) close(fd);
}

void say_items(const struct message *message, uint32_t from) {
    for (uint32_t i = from; i < message->count; i++) say(message->items[i].bytes, message->items[i].length);
}

bool next_message(struct session *session, struct message *message) {
    switch (parse_block(session->incoming.bytes, session->incoming.length, message)) {
        case BLOCK_COMPLETE: return true;
        case BLOCK_BAD:
            session->incoming.length = 0;
            close(session->guard);
            session->guard = -1;
            return false;
        default: return false;
    }
}

void done_with(struct session *session, struct message *message) {
    free(message->items);
    buffer_drop(&session->incoming, message->size);
}

bool wait_for_guard(struct session *session, int patience_ms) {
    struct pollfd events = {.fd = session->guard};
    if (session->guard < 0) return false;
    if (!buffer_send(&session->outgoing, session->guard)) return false;
    events.events = POLLIN | (session->outgoing.length > 0 ? POLLOUT : 0);
    int ready = poll(&events, 1, patience_ms);
    if (ready < 0 && errno == EINTR) return true;
    if (ready <= 0) return false;
    return !(events.revents & (POLLIN | POLLHUP | POLLERR)) || buffer_receive(&session->incoming, session->guard);
}

int end_without_start(struct session *session, const struct message *message) {
    char status[4] = {0};
    if (message->count < 3 || message->items[1].length > 3) return EXIT_FAILED;
    memcpy(status, message->items[1].bytes, message->items[1].length);
    if (session->arguments.json && message->items[2].length > 0) {
        struct buffer line = {0};
        buffer_append(&line, message->items[2].bytes, message->items[2].length);
        buffer_append(&line, "\n", 1);
        if (fwrite(line.bytes, 1, line.length, stdout) != line.length || fflush(stdout) != 0) status[0] = '1';
        buffer_free(&line);
    }
    say_items(message, 3);
    return atoi(status);
}

/* Follows the guard's messages until the command has ended, or may not start; the exit status. */
static int converse(struct session *session) {
    struct message message;
    do {
        while (next_message(session, &message)) {
            int status = -1;
            if (item_is(&message, 0, "say")) {
                say_items(&message, 1);
            } else if (item_is(&message, 0, "kill")) {
                say_items(&message, 1);
                status = KILLED;
            } else if (item_is(&message, 0, "end")) {
                status = end_without_start(session, &message);
            } else if (item_is(&message, 0, "launch")) {
                /* The launch points into the block, which must outlive it: what comes meanwhile is read elsewhere. */
                struct buffer block = session->incoming;
                session->incoming = (struct buffer){0};
                buffer_append(&session->incoming, block.bytes + message.size, block.length - message.size);
                status = run_launch(session, &message);
                free(message.items);
                buffer_free(&block);
                if (status < 0) continue;
                return status;
            }
            done_with(session, &message);
            if (status >= 0) return status;
        }
    } while (wait_for_guard(session, -1));
    say_fault(session->arguments.json, "connection_lost", "Writ went away before the command could start",
              "See what it last said with: writ status");
    return EXIT_FAILED;
}

static int session_verb(const char *kind, int argc, char **argv) {
    struct session session = {.kill_at = -1,
                              .refused = -1,
                              .sandbox = {.control = -1, .complaints = -1},
                              .own = {.master = -1, .slave = -1, .recording = {.fd = -1}},
                              .output = {.streams = {{.from = -1, .given = -1}, {.from = -1, .given = -1}}}};
    fill_standard_streams();
    bool understood = parse_arguments(argc, argv, &session.arguments);
    for (int i = 0; i < argc; i++) {
        if (is_text(argv[i])) continue;
        say_fault(session.arguments.json, "arguments_not_text", "an argument is not UTF-8 text",
                  "Give such a name through a script or a file of names, not as an argument.");
        return EXIT_FAILED;
    }
    if (!understood) hand_over_to_node(kind, argc, argv);
    session.guard = connect_guard(session.arguments.json);
    if (session.guard < 0 && !session.arguments.started) hand_over_to_node(kind, argc, argv);
    if (session.guard < 0) {
        say_fault(session.arguments.json, "not_running", "the Writ that runs here takes no commands",
                  "It may be of another version; start it again: writ down; writ up");
        return EXIT_FAILED;
    }
    char directory[PATH_MAX];
    if (getcwd(directory, sizeof directory) == NULL) {
        say_fault(session.arguments.json, "directory_unusable", "the current directory has no path", "Change to another one");
        return EXIT_FAILED;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    append_request(&session.outgoing, kind, directory, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), &session.arguments);
    int status = converse(&session);
    if (session.guard >= 0) close(session.guard);
    sandbox_free(&session.sandbox);
    buffer_free(&session.outgoing);
    buffer_free(&session.incoming);
    return status;
}

int exec_verb(int argc, char **argv) {
    return session_verb("exec", argc, argv);
}

int run_verb(int argc, char **argv) {
    return session_verb("run", argc, argv);
}
