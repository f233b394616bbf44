#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

static char *grow(struct words *words, size_t more) {
    if (words->room - words->length < more) {
        size_t room = (words->length + more) * 2;
        char *bytes = realloc(words->bytes, room);
        if (bytes == NULL) fail(EXIT_SETUP, "out of memory");
        words->bytes = bytes;
        words->room = room;
    }
    char *end = words->bytes + words->length;
    words->length += more;
    return end;
}

void add_word(struct words *words, const char *text, size_t length) {
    char *end = grow(words, length + 1);
    memcpy(end, text, length);
    end[length] = '\0';
    words->count++;
}

void add_text(struct words *words, const char *text) { add_word(words, text, strlen(text)); }

void add_words(struct words *words, const struct words *other, uint32_t from) {
    const char *at = other->bytes;
    for (uint32_t i = 0; i < other->count; i++) {
        size_t length = strlen(at);
        if (i >= from) add_word(words, at, length);
        at += length + 1;
    }
}

bool same_words(const struct words *one, const struct words *other) {
    return one->length == other->length && (one->length == 0 || memcmp(one->bytes, other->bytes, one->length) == 0);
}

void free_words(struct words *words) {
    free(words->bytes);
    *words = (struct words){0};
}
