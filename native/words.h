/* Strings one after the other, each ending in NUL, as the kernel lays out an argument vector. */
#ifndef WRIT_WORDS_H
#define WRIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct words {
    char *bytes;
    size_t length, room;
    uint32_t count;
};

/* `length` counts no NUL. Ends the program when there is no memory. */
void add_word(struct words *words, const char *text, size_t length);
void add_text(struct words *words, const char *text);
/* The words of the other from its nth on. */
void add_words(struct words *words, const struct words *other, uint32_t from);
bool same_words(const struct words *one, const struct words *other);
void free_words(struct words *words);

#endif
