#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "report.h"

enum { MAX_BLOCK_BYTES = 64 << 20, READ_BYTES = 64 << 10 };

static void reserve(struct buffer *buffer, size_t more) {
    if (buffer->room - buffer->length >= more) return;
    size_t room = buffer->room == 0 ? READ_BYTES : buffer->room;
    while (room - buffer->length < more) room *= 2;
    buffer->bytes = realloc(buffer->bytes, room);
    if (buffer->bytes == NULL) fail(EXIT_SETUP, "out of memory");
    buffer->room = room;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
    if (length == 0) return;
    reserve(buffer, length);
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

void buffer_drop(struct buffer *buffer, size_t length) {
    buffer->length -= length;
    if (buffer->length > 0) memmove(buffer->bytes, buffer->bytes + length, buffer->length);
}

void buffer_free(struct buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

bool buffer_receive(struct buffer *buffer, int fd) {
    for (;;) {
        reserve(buffer, READ_BYTES);
        ssize_t got = recv(fd, buffer->bytes + buffer->length, buffer->room - buffer->length, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        buffer->length += (size_t)got;
        return true;
    }
}

bool buffer_send(struct buffer *buffer, int fd) {
    while (buffer->length > 0) {
        ssize_t sent = send(fd, buffer->bytes, buffer->length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN;
        buffer_drop(buffer, (size_t)sent);
    }
    return true;
}

void append_count(struct buffer *buffer, uint32_t count) {
    const unsigned char bytes[4] = {(unsigned char)count, (unsigned char)(count >> 8), (unsigned char)(count >> 16),
                                    (unsigned char)(count >> 24)};
    buffer_append(buffer, bytes, sizeof bytes);
}

void append_item(struct buffer *buffer, const void *bytes, size_t length) {
    if (length > MAX_BLOCK_BYTES) fail(EXIT_SETUP, "a text is too long");
    append_count(buffer, (uint32_t)length);
    buffer_append(buffer, bytes, length);
}

void append_text(struct buffer *buffer, const char *text) {
    append_item(buffer, text, strlen(text));
}

void append_number(struct buffer *buffer, long long number) {
    char text[24];
    snprintf(text, sizeof text, "%lld", number);
    append_text(buffer, text);
}

static uint32_t number_at(const char *bytes) {
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

enum progress parse_block(const char *bytes, size_t length, struct message *message) {
    *message = (struct message){0};
    if (length < 4) return BLOCK_MORE;
    uint32_t count = number_at(bytes);
    if (count > MAX_FIELDS) return BLOCK_BAD;
    size_t at = 4;
    for (uint32_t i = 0; i < count; i++) {
        if (length - at < 4) return BLOCK_MORE;
        uint32_t size = number_at(bytes + at);
        if (size > MAX_BLOCK_BYTES - at) return BLOCK_BAD;
        at += 4;
        if (length - at < size) return BLOCK_MORE;
        at += size;
    }
    struct slice *items = calloc((size_t)count + 1, sizeof *items);
    if (items == NULL) fail(EXIT_SETUP, "out of memory");
    size_t from = 4;
    for (uint32_t i = 0; i < count; i++) {
        items[i] = (struct slice){.bytes = bytes + from + 4, .length = number_at(bytes + from)};
        from += 4 + items[i].length;
    }
    *message = (struct message){.items = items, .count = count, .size = at};
    return BLOCK_COMPLETE;
}
