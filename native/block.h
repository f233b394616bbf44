/*
 * How the launcher hands over data that belongs in no argument list: a block is a count and as many items,
 * each a length and its bytes; all numbers are 32 bits, little endian.
 */
#ifndef WRIT_BLOCK_H
#define WRIT_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct item {
    char *bytes; /* followed by a NUL that is not counted */
    uint32_t length;
};

struct block {
    struct item *items;
    uint32_t count;
};

/* Reads exactly one block from a socket and not a byte more. Ends the program when the other side is gone or sends nonsense. */
struct block read_block(int fd);

/* The items as a NULL-terminated list of C strings, sharing the block's memory. */
char **block_strings(const struct block *block);

#endif
