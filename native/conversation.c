#include "conversation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "say.h"

/* As src/cli/home.ts has it; false where only the Node program can tell. */
static bool locate_run(char *path, size_t room) {
    const char *home = getenv("WRIT_HOME"), *state = getenv("XDG_STATE_HOME"), *user = getenv("HOME");
    int length = home != NULL    ? snprintf(path, room, "%s/run", *home == '/' ? home : "")
                 : state != NULL ? snprintf(path, room, "%s/writ/run", state)
                 : user != NULL  ? snprintf(path, room, "%s/.local/state/writ/run", user)
                                 : -1;
    return length > 0 && (size_t)length < room && !(home != NULL && *home != '/');
}

static void refuse_strangers(int guard, bool json) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(guard, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid()) return;
    say_fault(json, "guard_foreign", "the guard here belongs to another user", "Set WRIT_HOME to a folder of your own.");
    exit(1);
}

int connect_guard(bool json) {
    char run[4096];
    if (!locate_run(run, sizeof run)) return -1;
    int folder = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    /* Through the descriptor, a path of any length fits, and the folder cannot be swapped. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/launch.sock", folder);
    int guard = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int connected = guard < 0 ? -1 : connect(guard, (struct sockaddr *)&address, sizeof address);
    int problem = errno;
    close(folder);
    if (connected == 0) {
        refuse_strangers(guard, json);
        return guard;
    }
    if (guard >= 0) close(guard);
    if (problem == ENOENT || problem == ECONNREFUSED) return -1;
    say_fault(json, "connection_lost", "the connection to Writ failed", "See what it last said with: writ status");
    exit(1);
}

/* Of the caller's environment only what describes its terminal and language; also in src/core/api/session.ts. */
static const char *const describing[] = {"TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "NO_COLOR"};
enum { DESCRIBING = sizeof describing / sizeof *describing, LONGEST_DESCRIPTION = 200 };

static void append_field(struct buffer *fields, uint32_t *count, const char *name, const char *value) {
    if (value == NULL) return;
    size_t name_length = strlen(name), value_length = strlen(value);
    append_count(fields, (uint32_t)(name_length + 1 + value_length));
    buffer_append(fields, name, name_length);
    buffer_append(fields, "=", 1);
    buffer_append(fields, value, value_length);
    *count += 1;
}

void append_request(struct buffer *to, const char *kind, const char *directory, bool terminal,
                    const struct arguments *arguments) {
    struct buffer fields = {0};
    uint32_t count = 0;
    char process[16];
    snprintf(process, sizeof process, "%d", getpid());
    append_field(&fields, &count, "version", "1");
    append_field(&fields, &count, "kind", kind);
    append_field(&fields, &count, "process", process);
    append_field(&fields, &count, "directory", directory);
    append_field(&fields, &count, "terminal", terminal ? "yes" : NULL);
    append_field(&fields, &count, "wait", arguments->wait ? "yes" : NULL);
    append_field(&fields, &count, "profile", arguments->profile);
    append_field(&fields, &count, "assistant", arguments->assistant);
    append_field(&fields, &count, "job", arguments->job);
    append_field(&fields, &count, "writ", arguments->writ);
    for (size_t i = 0; i < DESCRIBING; i++) {
        const char *value = getenv(describing[i]);
        if (value != NULL && strlen(value) <= LONGEST_DESCRIPTION && is_text(value)) {
            append_field(&fields, &count, describing[i], value);
        }
    }
    append_count(to, count);
    buffer_append(to, fields.bytes, fields.length);
    buffer_free(&fields);

    uint32_t words = 0;
    while (arguments->command[words] != NULL) words++;
    append_count(to, words);
    for (uint32_t i = 0; i < words; i++) append_text(to, arguments->command[i]);
}

bool item_is(const struct message *message, uint32_t index, const char *text) {
    if (index >= message->count) return false;
    const struct slice *item = &message->items[index];
    return item->length == strlen(text) && memcmp(item->bytes, text, item->length) == 0;
}
