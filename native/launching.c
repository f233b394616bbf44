/* From the guard's description of a sandbox to the report of its end. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "planted.h"
#include "report.h"
#include "say.h"
#include "session.h"

/* How long the guard may take to put the end on record. */
static const int record_patience_ms = 30000;

/* Of a launch message; the slices point into its block. */
struct launch {
    bool terminal;
    struct slice cgroups, bubblewrap, settings, environment, argv, inherit, forbidden, recording, secrets, output;
};

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

static bool read_launch(const struct message *message, struct launch *launch) {
    if (message->count != 13) return false;
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
                              .secrets = items[11],
                              .output = items[12]};
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

/* Process 1 is made at once and looks at its view, and waits there for what it is to run. */
static bool hand_over_to_sandbox(struct session *session, const struct launch *launch) {
    struct buffer *now = &session->sandbox.requests, *later = &session->sandbox.later;
    struct buffer none = {0}, more = {0};
    struct message names;
    bool valid = append_extended(now, launch->bubblewrap, &none, 0);
    session->sandbox.held = true;
    bool foreground = session->foreground || session->own.master >= 0;
    if (foreground) append_text(&more, "foreground");
    valid = valid && append_extended(now, launch->settings, &more, foreground ? 1 : 0);
    more.length = 0;
    if (parse_block(launch->inherit.bytes, launch->inherit.length, &names) == BLOCK_COMPLETE) {
        uint32_t count = append_inherited(&more, &names, &session->own.recording);
        valid = valid && append_extended(later, launch->environment, &more, count);
        free(names.items);
    } else {
        valid = false;
    }
    valid = valid && append_extended(later, launch->argv, &none, 0);
    buffer_free(&more);
    return valid;
}

/* Nothing is 0. */
static bool read_number(struct slice digits, unsigned long long *number) {
    char text[24] = {0};
    char *end;
    if (digits.length >= sizeof text) return false;
    memcpy(text, digits.bytes, digits.length);
    *number = strtoull(text, &end, 10);
    return *end == '\0';
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

/* True when the guard has it on record. */
static bool report_end(struct session *session, const struct ending *ending, long long duration_us,
                       const struct buffer *planted, uint32_t planted_count) {
    static const char words[] = "the end of the command could not be recorded by its launcher";
    struct buffer *to = &session->outgoing;
    append_count(to, 10 + planted_count);
    append_text(to, "ended");
    append_text(to, ending->reason);
    append_number(to, ending->code);
    append_number(to, ending->signal);
    append_number(to, ending->user_us);
    append_number(to, ending->system_us);
    append_number(to, ending->max_rss_kib);
    append_number(to, duration_us);
    append_number(to, (long long)session->output.count);
    append_item(to, session->sandbox.complaint, session->sandbox.complaint_length);
    buffer_append(to, planted->bytes, planted->length);

    struct message message;
    do {
        while (next_message(session, &message)) {
            bool recorded = item_is(&message, 0, "recorded"), refused = item_is(&message, 0, "end");
            if (refused) session->refused = end_without_start(session, &message);
            if (recorded || item_is(&message, 0, "kill")) say_items(&message, 1);
            done_with(session, &message);
            if (recorded || refused) return true;
        }
    } while (wait_for_guard(session, record_patience_ms));
    say(words, sizeof words - 1);
    return false;
}

/* Where process 1 could not say how it ended, it was killed from outside, or never got so far. */
static struct ending ending_of(const struct session *session) {
    if (session->sandbox.ending.told && !session->output.exceeded) return session->sandbox.ending;
    struct ending killed = {.reason = "killed", .code = KILLED, .signal = SIGKILL};
    struct ending talkative = {.reason = "too-much-output", .code = KILLED, .signal = SIGKILL};
    struct ending never = {.reason = "not-started", .code = EXIT_FAILED};
    if (session->output.exceeded) return talkative;
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

/* Only what a terminal shows is recorded. False where it must be, or counted, and cannot. */
static bool prepare_terminal(struct session *session, const struct launch *launch) {
    char path[PATH_MAX];
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    if (!launch->terminal || (launch->recording.length == 0 && session->output.limit == 0)) return true;
    if (launch->recording.length == 0) return terminal_open(&session->own);
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
    session->terminal = launch->terminal;
    session->foreground = launch->terminal && in_foreground();
    session->in_place = launch->bubblewrap.length == 0;
    char *cgroups[MAX_CGROUPS + 1] = {NULL};
    session->own.output = &session->output;
    bool valid = copy_paths(launch->cgroups, cgroups, MAX_CGROUPS) && read_number(launch->output, &session->output.limit) &&
                 prepare_terminal(session, launch) &&
                 output_open(&session->output, session->output.limit, session->own.master >= 0);
    bool own = session->own.master >= 0;
    if (directory == NULL && valid && hand_over_to_sandbox(session, launch)) {
        int signals = take_signals(session->terminal, own);
        sandbox_start(&session->sandbox, cgroups, &session->own, &session->output);
        output_hand_over(&session->output);
        if (own) close(session->own.slave);
        session->own.slave = -1;
        terminal_begin(&session->own);
        follow(session, signals);
        close(signals);
        if (session->foreground) take_terminal_back();
    }
    terminal_close(&session->own);
    output_close(&session->output);
    for (char **path = cgroups; *path != NULL; path++) free(*path);
    struct ending ending = ending_of(session);
    struct buffer planted = {0};
    uint32_t planted_count = remove_planted(launch->forbidden, &planted);
    if (directory != NULL) {
        session->sandbox.complaint_length =
            (size_t)snprintf(session->sandbox.complaint, sizeof session->sandbox.complaint, "%s", directory);
    }
    if (session->started_at != 0) begun = session->started_at;
    if (session->refused < 0) report_end(session, &ending, now_us() - begun, &planted, planted_count);
    sandbox_await(&session->sandbox);
    say_planted(&planted);
    buffer_free(&planted);
    if (session->refused >= 0) return session->refused;
    if (strcmp(ending.reason, "not-started") == 0) {
        complain(session, directory, directory == NULL ? "See: writ status" : "Redirect it from or to a file");
    }
    return ending.code;
}

int run_launch(struct session *session, const struct message *message) {
    struct launch launch;
    return read_launch(message, &launch) ? run_sandbox(session, &launch) : -1;
}
