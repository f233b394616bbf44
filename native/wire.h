/* Blocks (block.h) as they go over a socket that is never waited for. */
#ifndef WRIT_WIRE_H
#define WRIT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Grows as it is filled; what was sent is taken from its front. */
struct buffer {
    char *bytes;
    size_t length, room;
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_drop(struct buffer *buffer, size_t length);
void buffer_free(struct buffer *buffer);

/* Reads what is there. False at the end, or when the connection broke. */
bool buffer_receive(struct buffer *buffer, int fd);
/* Sends what the socket takes. False when nobody reads any more. */
bool buffer_send(struct buffer *buffer, int fd);

/* A part of some buffer; it does not end in NUL. */
struct slice {
    const char *bytes;
    size_t length;
};

enum { MAX_FIELDS = 65536 };

void append_count(struct buffer *buffer, uint32_t count);
void append_item(struct buffer *buffer, const void *bytes, size_t length);
void append_text(struct buffer *buffer, const char *text);
void append_number(struct buffer *buffer, long long number);

struct message {
    struct slice *items; /* to be freed; they point into the bytes that were parsed */
    uint32_t count;
    size_t size; /* of the whole block, bytes */
};

enum progress { BLOCK_MORE, BLOCK_COMPLETE, BLOCK_BAD };

/* The block at the beginning of the bytes. `BLOCK_BAD` beyond 64 MiB or `MAX_FIELDS` items. */
enum progress parse_block(const char *bytes, size_t length, struct message *message);

#endif
