#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

static void write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t wrote = write(fd, bytes, length);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return;
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

/* Bytes of an invisible or controlling character at this place, and which one it is; 0 for any other. As in src/cli/output.ts. */
static size_t controlling(const unsigned char *at, size_t left, unsigned *code) {
    *code = at[0];
    if (at[0] < 0x20 || at[0] == 0x7f) return at[0] == '\t' ? 0 : 1;
    if (left >= 2 && at[0] == 0xc2 && at[1] < 0xa0) {
        *code = at[1];
        return 2;
    }
    if (left < 3 || (at[0] != 0xe2 && at[0] != 0xef)) return 0;
    *code = (unsigned)(at[0] & 0x0f) << 12 | (unsigned)(at[1] & 0x3f) << 6 | (unsigned)(at[2] & 0x3f);
    bool invisible = (*code >= 0x200b && *code <= 0x200f) || (*code >= 0x202a && *code <= 0x202e) ||
                     (*code >= 0x2060 && *code <= 0x2069) || *code == 0xfeff;
    return invisible ? 3 : 0;
}

void say(const char *text, size_t length) {
    struct buffer line = {0};
    buffer_append(&line, "writ: ", 6);
    const unsigned char *at = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        unsigned code;
        size_t size = controlling(at + i, length - i, &code);
        if (text[i] == '\n') {
            buffer_append(&line, "\nwrit:   ", 9);
            i += 1;
        } else if (size > 0) {
            char spelled[16];
            buffer_append(&line, spelled, (size_t)snprintf(spelled, sizeof spelled, "\\u{%x}", code));
            i += size;
        } else {
            buffer_append(&line, text + i, 1);
            i += 1;
        }
    }
    buffer_append(&line, "\n", 1);
    write_all(STDERR_FILENO, line.bytes, line.length);
    buffer_free(&line);
}

static void append_json(struct buffer *json, const char *text) {
    buffer_append(json, "\"", 1);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[8];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
            buffer_append(json, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", c));
        } else {
            buffer_append(json, text, 1);
        }
    }
    buffer_append(json, "\"", 1);
}

static void append_words(struct buffer *buffer, const char *words) {
    buffer_append(buffer, words, strlen(words));
}

void say_fault(bool json, const char *code, const char *message, const char *hint) {
    if (json) {
        struct buffer body = {0};
        append_words(&body, "{\"error\":{\"code\":");
        append_json(&body, code);
        append_words(&body, ",\"message\":");
        append_json(&body, message);
        append_words(&body, ",\"hint\":");
        append_json(&body, hint);
        append_words(&body, ",\"place\":null}}\n");
        write_all(STDOUT_FILENO, body.bytes, body.length);
        buffer_free(&body);
    }
    struct buffer line = {0};
    append_words(&line, message);
    append_words(&line, " [");
    append_words(&line, code);
    append_words(&line, "]");
    say(line.bytes, line.length);
    buffer_free(&line);
    say(hint, strlen(hint));
}
