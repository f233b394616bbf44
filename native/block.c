#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "report.h"

static const uint32_t max_items = 1u << 20;
static const uint32_t max_item_bytes = 64u << 20;

/* What is next on the socket, looked at in large pieces; taken from it only as far as the block goes. */
static struct {
    char bytes[64 << 10];
    size_t length, used;
} ahead;

static void receive(int fd, size_t length, int flags) {
    ssize_t got;
    do got = recv(fd, ahead.bytes, length, flags);
    while (got < 0 && errno == EINTR);
    if (got <= 0) fail(EXIT_SETUP, "the launcher went away");
    ahead.length = (size_t)got;
}

static void take_used(int fd) {
    if (ahead.used > 0) receive(fd, ahead.used, MSG_WAITALL);
    ahead.length = ahead.used = 0;
}

static void read_exactly(int fd, void *target, size_t length) {
    char *at = target;
    while (length > 0) {
        if (ahead.used == ahead.length) {
            take_used(fd);
            receive(fd, sizeof ahead.bytes, MSG_PEEK);
        }
        size_t part = ahead.length - ahead.used < length ? ahead.length - ahead.used : length;
        memcpy(at, ahead.bytes + ahead.used, part);
        ahead.used += part;
        at += part;
        length -= part;
    }
}

static uint32_t read_number(int fd) {
    unsigned char b[4];
    read_exactly(fd, b, sizeof b);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

struct block read_block(int fd) {
    struct block block = {.count = read_number(fd)};
    if (block.count > max_items) fail(EXIT_SETUP, "the launcher sent too many items");
    block.items = calloc((size_t)block.count + 1, sizeof *block.items);
    if (block.items == NULL) fail(EXIT_SETUP, "out of memory");
    for (uint32_t i = 0; i < block.count; i++) {
        struct item *item = &block.items[i];
        item->length = read_number(fd);
        if (item->length > max_item_bytes) fail(EXIT_SETUP, "the launcher sent too long an item");
        item->bytes = malloc((size_t)item->length + 1);
        if (item->bytes == NULL) fail(EXIT_SETUP, "out of memory");
        read_exactly(fd, item->bytes, item->length);
        item->bytes[item->length] = '\0';
    }
    take_used(fd);
    return block;
}

char **block_strings(const struct block *block) {
    char **strings = calloc((size_t)block->count + 1, sizeof *strings);
    if (strings == NULL) fail(EXIT_SETUP, "out of memory");
    for (uint32_t i = 0; i < block->count; i++) {
        const struct item *item = &block->items[i];
        if (memchr(item->bytes, '\0', item->length) != NULL) fail(EXIT_SETUP, "a NUL byte within a string");
        strings[i] = item->bytes;
    }
    return strings;
}
