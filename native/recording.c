#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static const char mask[] = "********";

static long long now_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void write_line(struct recording *recording, const char *bytes, size_t length) {
    while (length > 0 && !recording->failed) {
        ssize_t wrote = write(recording->fd, bytes, length);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            recording->failed = true;
            return;
        }
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

bool recording_open(struct recording *recording, const char *path, int columns, int rows) {
    recording->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (recording->fd < 0) return false;
    recording->begun_us = now_us(CLOCK_MONOTONIC);
    char line[160];
    int length = snprintf(line, sizeof line, "{\"version\":2,\"width\":%d,\"height\":%d,\"timestamp\":%lld}\n", columns, rows,
                          now_us(CLOCK_REALTIME) / 1000000);
    write_line(recording, line, (size_t)length);
    return true;
}

static void hide(struct recording *recording, const struct buffer *secret) {
    struct buffer *secrets = realloc(recording->secrets, (recording->secret_count + 1) * sizeof *secrets);
    if (secrets == NULL) fail(EXIT_SETUP, "out of memory");
    recording->secrets = secrets;
    secrets[recording->secret_count++] = *secret;
}

void recording_hide(struct recording *recording, const char *secret, size_t length) {
    if (length < SHORTEST_SECRET) return;
    struct buffer plain = {0}, shown = {0};
    buffer_append(&plain, secret, length);
    hide(recording, &plain);
    if (memchr(secret, '\n', length) == NULL) return;
    for (size_t i = 0; i < length; i++) {
        if (secret[i] == '\n') buffer_append(&shown, "\r", 1);
        buffer_append(&shown, secret + i, 1);
    }
    hide(recording, &shown);
}

/* How many bytes the character at this place has: 0 for none, and more than are left where it is not whole yet. */
static size_t character(const unsigned char *at, size_t left) {
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < size && i < left; i++) {
        unsigned char least = i > 1 ? 0x80 : at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
        unsigned char most = i > 1 ? 0xbf : at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
        if (at[i] < least || at[i] > most) return 0;
    }
    return size;
}

static void append_character(struct buffer *to, const unsigned char *at, size_t size) {
    char escaped[8];
    if (size == 0) {
        buffer_append(to, "\\ufffd", 6);
    } else if (at[0] < 0x20 || at[0] == '"' || at[0] == '\\') {
        buffer_append(to, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", at[0]));
    } else {
        buffer_append(to, at, size);
    }
}

enum match { NOTHING, BEGINNING, WHOLE };

static enum match match_secret(const struct recording *recording, size_t at, size_t *length) {
    const struct buffer *held = &recording->held;
    enum match found = NOTHING;
    *length = 0;
    for (uint32_t i = 0; i < recording->secret_count; i++) {
        const struct buffer *secret = &recording->secrets[i];
        size_t left = held->length - at;
        size_t compared = secret->length < left ? secret->length : left;
        if (memcmp(held->bytes + at, secret->bytes, compared) != 0) continue;
        if (compared < secret->length) return BEGINNING;
        found = WHOLE;
        if (secret->length > *length) *length = secret->length;
    }
    return found;
}

static void write_event(struct recording *recording, const char *kind, const struct buffer *text) {
    struct buffer line = {0};
    char head[64];
    long long since = now_us(CLOCK_MONOTONIC) - recording->begun_us;
    int length = snprintf(head, sizeof head, "[%lld.%06lld,\"%s\",\"", since / 1000000, since % 1000000, kind);
    buffer_append(&line, head, (size_t)length);
    buffer_append(&line, text->bytes, text->length);
    buffer_append(&line, "\"]\n", 3);
    write_line(recording, line.bytes, line.length);
    buffer_free(&line);
}

/* Everything that can be told by now; at the end also what could have become more. */
static void write_held(struct recording *recording, bool all) {
    struct buffer text = {0};
    size_t at = 0;
    while (at < recording->held.length) {
        const unsigned char *byte = (const unsigned char *)recording->held.bytes + at;
        size_t length;
        enum match match = match_secret(recording, at, &length);
        if (match == BEGINNING && !all) break;
        if (match == WHOLE) {
            buffer_append(&text, mask, sizeof mask - 1);
            at += length;
            continue;
        }
        size_t left = recording->held.length - at;
        size_t size = character(byte, left);
        if (size > left && !all) break;
        if (size > left) size = 0;
        append_character(&text, byte, size);
        at += size == 0 ? 1 : size;
    }
    buffer_drop(&recording->held, at);
    if (text.length > 0) write_event(recording, "o", &text);
    buffer_free(&text);
}

void recording_output(struct recording *recording, const char *bytes, size_t length) {
    if (recording->fd < 0) return;
    buffer_append(&recording->held, bytes, length);
    write_held(recording, false);
}

void recording_resize(struct recording *recording, int columns, int rows) {
    if (recording->fd < 0) return;
    struct buffer text = {0};
    char size[32];
    buffer_append(&text, size, (size_t)snprintf(size, sizeof size, "%dx%d", columns, rows));
    write_event(recording, "r", &text);
    buffer_free(&text);
}

void recording_close(struct recording *recording) {
    if (recording->fd >= 0) {
        write_held(recording, true);
        if (fsync(recording->fd) != 0 || close(recording->fd) != 0) recording->failed = true;
        recording->fd = -1;
    }
    for (uint32_t i = 0; i < recording->secret_count; i++) buffer_free(&recording->secrets[i]);
    free(recording->secrets);
    recording->secrets = NULL;
    recording->secret_count = 0;
    buffer_free(&recording->held);
}
