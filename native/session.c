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
 *                             blocks within the block, as `writ-exec launch` and `init` take them; names of variables
 *                             to add from the caller's; files that must not exist afterwards; the file into which
 *                             the terminal is recorded, and what must not stand in it
 *   kill TEXT                 the whole tree, at once
 *   end STATUS JSON TEXT…     nothing is started: JSON for --json, texts for people
 *   recorded TEXT…            the end is on the log
 * The launcher's, after the request: `started`, and last
 *   ended REASON CODE SIGNAL USER_US SYSTEM_US MAX_RSS_KIB DURATION_US COMPLAINT PLANTED…
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "conversation.h"
#include "report.h"
#include "sandbox.h"
#include "say.h"

enum { EXIT_FAILED = 1, KILLED = 137 };

/* Between asking for the end of the tree and ending its first process from outside, milliseconds. */
static const long long kill_patience_ms = 2000;
/* How long the guard may take to put the end on record. */
static const int record_patience_ms = 30000;

/* Of a launch message; the slices point into its block. */
struct launch {
    bool terminal;
    struct slice cgroups, bubblewrap, settings, environment, argv, inherit, forbidden, recording, secrets;
};

struct session {
    struct arguments arguments;
    int guard; /* -1 once it is gone */
    struct buffer outgoing, incoming;
    bool terminal, foreground, killed, recorded;
    long long kill_at; /* when the sandbox is killed from outside, or -1 */
    struct sandbox sandbox;
    struct terminal own; /* of a command that is recorded */
};

static long long now_us(void) {
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

/* An open folder of the host is a way into all of it, whatever is mounted. */
static const char *standard_directory(void) {
    static const char *const complaints[] = {"standard input is a directory", "standard output is a directory",
                                             "standard error is a directory"};
    struct stat file;
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fstat(fd, &file) == 0 && S_ISDIR(file.st_mode)) return complaints[fd];
    }
    return NULL;
}

static bool in_foreground(void) {
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* A process group of the sandbox that had the terminal is gone; a script that goes on after us needs it. */
static void take_terminal_back(void) {
    if (in_foreground()) return;
    signal(SIGTTOU, SIG_IGN);
    if (tcsetpgrp(STDIN_FILENO, getpgrp()) != 0) return;
}

static void kill_tree(struct session *session) {
    session->killed = true;
    sandbox_ask(&session->sandbox, KILL_ALL);
    if (session->kill_at < 0) session->kill_at = now_us() + kill_patience_ms * 1000;
}

static void say_items(const struct message *message, uint32_t from) {
    for (uint32_t i = from; i < message->count; i++) say(message->items[i].bytes, message->items[i].length);
}

/* The next whole message; false when there is none yet. Nonsense counts as the guard's going away. */
static bool next_message(struct session *session, struct message *message) {
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

static void done_with(struct session *session, struct message *message) {
    free(message->items);
    buffer_drop(&session->incoming, message->size);
}

/* Waits for the guard alone; false when it is gone, or has been silent for as long (-1: for ever). */
static bool wait_for_guard(struct session *session, int patience_ms) {
    struct pollfd events = {.fd = session->guard};
    if (session->guard < 0) return false;
    if (!buffer_send(&session->outgoing, session->guard)) return false;
    events.events = POLLIN | (session->outgoing.length > 0 ? POLLOUT : 0);
    int ready = poll(&events, 1, patience_ms);
    if (ready < 0 && errno == EINTR) return true;
    if (ready <= 0) return false;
    return !(events.revents & (POLLIN | POLLHUP | POLLERR)) || buffer_receive(&session->incoming, session->guard);
}

static int end_without_launch(struct session *session, const struct message *message) {
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

static bool read_launch(const struct message *message, struct launch *launch) {
    if (message->count != 12) return false;
    const struct slice *items = message->items;
    *launch = (struct launch){.terminal = item_is(message, 2, "yes"),
                              .cgroups = items[3],
                              .bubblewrap = items[4],
                              .settings = items[5],
                              .environment = items[6],
                              .argv = items[7],
                              .inherit = items[8],
                              .forbidden = items[9],
                              .recording = items[10],
                              .secrets = items[11]};
    return true;
}

/* The block again, with further items. False where it is none. */
static bool append_extended(struct buffer *to, struct slice block, const struct buffer *items, uint32_t count) {
    struct message parsed;
    if (parse_block(block.bytes, block.length, &parsed) != BLOCK_COMPLETE) return false;
    bool whole = parsed.size == block.length;
    free(parsed.items);
    if (!whole) return false;
    append_count(to, parsed.count + count);
    buffer_append(to, block.bytes + 4, block.length - 4);
    buffer_append(to, items->bytes, items->length);
    return true;
}

/* As src/guard/recording.ts has it. */
static bool tells_secret(const char *name) {
    static const char *const words[] = {"KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(name, words[i]) != NULL) return true;
    }
    return false;
}

/* Values of the caller's go from here into the sandbox, and never to the guard. */
static uint32_t append_inherited(struct buffer *to, const struct message *names, struct recording *recording) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        char name[256];
        if (names->items[i].length >= sizeof name) continue;
        memcpy(name, names->items[i].bytes, names->items[i].length);
        name[names->items[i].length] = '\0';
        const char *value = getenv(name);
        if (value == NULL) continue;
        append_count(to, (uint32_t)(strlen(name) + 1 + strlen(value)));
        buffer_append(to, name, strlen(name));
        buffer_append(to, "=", 1);
        buffer_append(to, value, strlen(value));
        if (tells_secret(name)) recording_hide(recording, value, strlen(value));
        count++;
    }
    return count;
}

static bool hand_over_to_sandbox(struct session *session, const struct launch *launch) {
    struct buffer *to = &session->sandbox.requests;
    struct buffer none = {0}, more = {0};
    struct message names;
    bool valid = append_extended(to, launch->bubblewrap, &none, 0);
    bool foreground = session->foreground || session->own.master >= 0;
    if (foreground) append_text(&more, "foreground");
    valid = valid && append_extended(to, launch->settings, &more, foreground ? 1 : 0);
    more.length = 0;
    if (parse_block(launch->inherit.bytes, launch->inherit.length, &names) == BLOCK_COMPLETE) {
        uint32_t count = append_inherited(&more, &names, &session->own.recording);
        valid = valid && append_extended(to, launch->environment, &more, count);
        free(names.items);
    } else {
        valid = false;
    }
    valid = valid && append_extended(to, launch->argv, &none, 0);
    buffer_free(&more);
    return valid;
}

/* The texts of a block as strings of their own, as many as there may be. */
static bool copy_paths(struct slice block, char **paths, uint32_t most) {
    struct message items;
    if (parse_block(block.bytes, block.length, &items) != BLOCK_COMPLETE) return false;
    bool valid = items.count <= most;
    for (uint32_t i = 0; valid && i < items.count; i++) {
        paths[i] = strndup(items.items[i].bytes, items.items[i].length);
        if (paths[i] == NULL) fail(EXIT_FAILED, "out of memory");
    }
    free(items.items);
    return valid;
}

static int take_signals(sigset_t *taken, bool terminal, bool recorded) {
    /* What a command can meaningfully be sent; the last two reach it from the terminal itself where it has one. */
    static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
                                    SIGUSR2, SIGCONT, SIGWINCH, SIGTSTP};
    size_t count = sizeof forwarded / sizeof *forwarded - (recorded ? 1 : terminal ? 2 : 0);
    sigemptyset(taken);
    sigaddset(taken, SIGCHLD);
    for (size_t i = 0; i < count; i++) sigaddset(taken, forwarded[i]);
    sigprocmask(SIG_BLOCK, taken, NULL);
    int fd = signalfd(-1, taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) fail(EXIT_FAILED, "signalfd: %s", strerror(errno));
    return fd;
}

static void resume(struct session *session) {
    if (session->terminal && in_foreground()) sandbox_ask(&session->sandbox, TAKE_FOREGROUND);
    sandbox_ask(&session->sandbox, SIGCONT);
}

/* The shell that waits for us must see the stop, as it would of the command itself. */
static void stop_with_command(struct session *session) {
    sigset_t pending;
    session->sandbox.stopped = false;
    terminal_end(&session->own);
    if (session->terminal) {
        kill(0, SIGTSTP);
    } else {
        kill(getpid(), SIGSTOP);
    }
    terminal_begin(&session->own);
    /* Where nobody could continue us the system dropped the stop; else what continued us is pending. */
    if (sigpending(&pending) == 0 && !sigismember(&pending, SIGCONT)) resume(session);
}

static void forward_signals(struct session *session, int signals) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            sandbox_reap(&session->sandbox);
        } else if (info.ssi_signo == SIGWINCH && session->own.master >= 0) {
            terminal_resize(&session->own);
        } else if (info.ssi_signo == SIGCONT) {
            resume(session);
        } else {
            sandbox_ask(&session->sandbox, (unsigned char)info.ssi_signo);
        }
    }
}

/* While the command runs the guard only says things, or has it killed. */
static void heed_guard(struct session *session) {
    struct message message;
    while (next_message(session, &message)) {
        if (item_is(&message, 0, "say") || item_is(&message, 0, "kill")) say_items(&message, 1);
        if (item_is(&message, 0, "kill")) kill_tree(session);
        done_with(session, &message);
    }
    if (session->guard < 0) kill_tree(session);
}

static void lose_guard(struct session *session) {
    static const char words[] = "Writ went away, so the command is killed";
    close(session->guard);
    session->guard = -1;
    say(words, sizeof words - 1);
    kill_tree(session);
}

static void serve_terminal(struct session *session, short shown, short typed) {
    static const char words[] = "the terminal can no longer be recorded, so the command is killed";
    if (session->own.master < 0) return;
    if ((shown != 0 || typed != 0) && !terminal_serve(&session->own, typed != 0)) {
        close(session->own.master);
        session->own.master = -1;
    }
    if (!session->own.recording.failed || session->killed) return;
    say(words, sizeof words - 1);
    kill_tree(session);
}

/* What the command showed last may still be on its way. */
static void drain_terminal(struct terminal *own) {
    struct pollfd shown = {.fd = own->master, .events = POLLIN};
    while (own->master >= 0 && poll(&shown, 1, 100) > 0 && terminal_serve(own, false)) continue;
}

static void supervise(struct session *session, int signals) {
    struct sandbox *sandbox = &session->sandbox;
    bool told = false;
    while (!sandbox_is_over(sandbox)) {
        struct pollfd events[6] = {
            {.fd = signals, .events = POLLIN},
            {.fd = sandbox->control, .events = POLLIN | (sandbox->requests.length > 0 ? POLLOUT : 0)},
            {.fd = sandbox->complaints, .events = POLLIN},
            {.fd = session->guard, .events = POLLIN | (session->outgoing.length > 0 ? POLLOUT : 0)},
            {.fd = session->own.master, .events = POLLIN | (session->own.typed.length > 0 ? POLLOUT : 0)},
            {.fd = session->own.raw ? STDIN_FILENO : -1, .events = POLLIN},
        };
        long long left_ms = session->kill_at < 0 ? -1 : (session->kill_at - now_us()) / 1000;
        if (session->kill_at >= 0 && left_ms <= 0) {
            if (sandbox->process > 0) kill(sandbox->process, SIGKILL);
            session->kill_at = -1;
            continue;
        }
        if (poll(events, 6, (int)left_ms) < 0 && errno != EINTR) fail(EXIT_FAILED, "poll: %s", strerror(errno));
        forward_signals(session, signals);
        sandbox_serve(sandbox);
        if (sandbox->started && !told) {
            append_count(&session->outgoing, 1);
            append_text(&session->outgoing, "started");
            told = true;
        }
        serve_terminal(session, events[4].revents, events[5].revents);
        if (sandbox->stopped) stop_with_command(session);
        if (session->guard < 0) continue;
        bool open = buffer_send(&session->outgoing, session->guard);
        if (events[3].revents != 0) open = buffer_receive(&session->incoming, session->guard) && open;
        heed_guard(session);
        if (!open && session->guard >= 0) lose_guard(session);
    }
}

static int remove_entry(const char *path, const struct stat *file, int type, struct FTW *place) {
    (void)file;
    (void)type;
    (void)place;
    return remove(path);
}

/* After the end, when nothing can plant it anew. The paths that were there, for the report. */
static uint32_t remove_planted(struct slice forbidden, struct buffer *planted) {
    struct message paths;
    uint32_t count = 0;
    if (parse_block(forbidden.bytes, forbidden.length, &paths) != BLOCK_COMPLETE) return 0;
    for (uint32_t i = 0; i < paths.count; i++) {
        char path[PATH_MAX];
        struct stat file;
        if (paths.items[i].length >= sizeof path) continue;
        memcpy(path, paths.items[i].bytes, paths.items[i].length);
        path[paths.items[i].length] = '\0';
        if (lstat(path, &file) != 0) continue;
        if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) report("%s could not be removed", path);
        append_text(planted, path);
        count++;
    }
    free(paths.items);
    return count;
}

static void say_planted(const struct buffer *planted) {
    for (size_t at = 0; at + 4 <= planted->length;) {
        const unsigned char *size = (const unsigned char *)planted->bytes + at;
        size_t length = (size_t)size[0] | (size_t)size[1] << 8;
        char text[PATH_MAX + 80];
        int written = snprintf(text, sizeof text, "removed %.*s: git outside the sandbox would have obeyed it", (int)length,
                               planted->bytes + at + 4);
        say(text, (size_t)written);
        at += 4 + length;
    }
}

static void append_number(struct buffer *to, long long number) {
    char text[24];
    snprintf(text, sizeof text, "%lld", number);
    append_text(to, text);
}

/* True when the guard has it on record. */
static bool report_end(struct session *session, const struct ending *ending, long long duration_us,
                       const struct buffer *planted, uint32_t planted_count) {
    static const char words[] = "the end of the command could not be recorded by its launcher";
    struct buffer *to = &session->outgoing;
    append_count(to, 9 + planted_count);
    append_text(to, "ended");
    append_text(to, ending->reason);
    append_number(to, ending->code);
    append_number(to, ending->signal);
    append_number(to, ending->user_us);
    append_number(to, ending->system_us);
    append_number(to, ending->max_rss_kib);
    append_number(to, duration_us);
    append_item(to, session->sandbox.complaint, session->sandbox.complaint_length);
    buffer_append(to, planted->bytes, planted->length);

    struct message message;
    do {
        while (next_message(session, &message)) {
            bool recorded = item_is(&message, 0, "recorded");
            if (recorded || item_is(&message, 0, "kill")) say_items(&message, 1);
            done_with(session, &message);
            if (recorded) return true;
        }
    } while (wait_for_guard(session, record_patience_ms));
    say(words, sizeof words - 1);
    return false;
}

/* Where process 1 could not say how it ended, it was killed from outside, or never got so far. */
static struct ending ending_of(const struct session *session) {
    if (session->sandbox.ending.told) return session->sandbox.ending;
    struct ending killed = {.reason = "killed", .code = KILLED, .signal = SIGKILL};
    struct ending never = {.reason = "not-started", .code = EXIT_FAILED};
    return session->killed || session->sandbox.started ? killed : never;
}

static void complain(const struct session *session, const char *instead, const char *hint) {
    char text[1200];
    const char *said = session->sandbox.complaint;
    if (strncmp(said, "bwrap: ", 7) == 0) said += 7;
    if (strncmp(said, "writ: ", 6) == 0) said += 6;
    size_t length = strcspn(said, "\n");
    snprintf(text, sizeof text, "the sandbox could not be set up: %.*s", length == 0 ? 15 : (int)length,
             length == 0 ? "no reason given" : said);
    say_fault(session->arguments.json, "sandbox_failed", instead == NULL ? text : instead, hint);
}

static bool hide_all(struct recording *recording, struct slice block) {
    struct message secrets;
    if (parse_block(block.bytes, block.length, &secrets) != BLOCK_COMPLETE) return false;
    for (uint32_t i = 0; i < secrets.count; i++) recording_hide(recording, secrets.items[i].bytes, secrets.items[i].length);
    free(secrets.items);
    return true;
}

/* Only what a terminal shows is recorded. False where it must be and cannot. */
static bool prepare_recording(struct session *session, const struct launch *launch) {
    char path[PATH_MAX];
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    if (launch->recording.length == 0 || !launch->terminal) return true;
    if (launch->recording.length >= sizeof path) return false;
    memcpy(path, launch->recording.bytes, launch->recording.length);
    path[launch->recording.length] = '\0';
    if (!hide_all(&session->own.recording, launch->secrets) || !terminal_open(&session->own)) return false;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = (struct winsize){.ws_col = 80, .ws_row = 24};
    return recording_open(&session->own.recording, path, size.ws_col, size.ws_row);
}

static int run_sandbox(struct session *session, const struct launch *launch) {
    long long begun = now_us();
    const char *directory = standard_directory();
    sigset_t taken;
    session->terminal = launch->terminal;
    session->foreground = launch->terminal && in_foreground();
    char *cgroups[MAX_CGROUPS + 1] = {NULL};
    bool valid = copy_paths(launch->cgroups, cgroups, MAX_CGROUPS) && prepare_recording(session, launch);
    bool recorded = session->own.master >= 0;
    if (directory == NULL && valid && hand_over_to_sandbox(session, launch)) {
        int signals = take_signals(&taken, session->terminal, recorded);
        sandbox_start(&session->sandbox, cgroups, &session->own);
        if (recorded) close(session->own.slave);
        session->own.slave = -1;
        terminal_begin(&session->own);
        supervise(session, signals);
        close(signals);
        drain_terminal(&session->own);
        if (session->foreground) take_terminal_back();
    }
    terminal_close(&session->own);
    for (char **path = cgroups; *path != NULL; path++) free(*path);
    struct ending ending = ending_of(session);
    struct buffer planted = {0};
    uint32_t planted_count = remove_planted(launch->forbidden, &planted);
    if (directory != NULL) {
        session->sandbox.complaint_length =
            (size_t)snprintf(session->sandbox.complaint, sizeof session->sandbox.complaint, "%s", directory);
    }
    report_end(session, &ending, now_us() - begun, &planted, planted_count);
    say_planted(&planted);
    buffer_free(&planted);
    if (strcmp(ending.reason, "not-started") == 0) {
        complain(session, directory, directory == NULL ? "See: writ status" : "Redirect it from or to a file");
    }
    return ending.code;
}

/* Follows the guard's messages until the command has ended, or may not start; the exit status. */
static int converse(struct session *session) {
    struct message message;
    do {
        while (next_message(session, &message)) {
            int status = -1;
            struct launch launch;
            if (item_is(&message, 0, "say")) {
                say_items(&message, 1);
            } else if (item_is(&message, 0, "kill")) {
                say_items(&message, 1);
                status = KILLED;
            } else if (item_is(&message, 0, "end")) {
                status = end_without_launch(session, &message);
            } else if (item_is(&message, 0, "launch") && read_launch(&message, &launch)) {
                /* The launch points into the block, which must outlive it: what comes meanwhile is read elsewhere. */
                struct buffer block = session->incoming;
                session->incoming = (struct buffer){0};
                buffer_append(&session->incoming, block.bytes + message.size, block.length - message.size);
                status = run_sandbox(session, &launch);
                free(message.items);
                buffer_free(&block);
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
    struct session session = {.kill_at = -1, .sandbox = {.control = -1, .complaints = -1}, .own = {.master = -1, .slave = -1, .recording = {.fd = -1}}};
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
