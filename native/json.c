#include "json.h"

#include <string.h>

enum { MAX_DEPTH = 64 };

struct reader {
    const char *at, *end;
};

static bool value(struct reader *reader, int depth);

static void skip_space(struct reader *reader) {
    while (reader->at < reader->end && *reader->at != '\0' && strchr(" \t\r\n", *reader->at) != NULL) reader->at++;
}

static bool take(struct reader *reader, char c) {
    if (reader->at == reader->end || *reader->at != c) return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) return false;
    reader->at += length;
    return true;
}

static bool hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool string(struct reader *reader) {
    if (!take(reader, '"')) return false;
    while (reader->at < reader->end) {
        char c = *reader->at++;
        if (c == '"') return true;
        if ((unsigned char)c < 0x20) return false;
        if (c != '\\') continue;
        if (reader->at == reader->end) return false;
        char escaped = *reader->at++;
        if (escaped == '\0' || strchr("\"\\/bfnrtu", escaped) == NULL) return false;
        for (int i = 0; escaped == 'u' && i < 4; i++) {
            if (reader->at == reader->end || !hex_digit(*reader->at++)) return false;
        }
    }
    return false;
}

static bool digits(struct reader *reader) {
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') reader->at++;
    return reader->at > start;
}

static bool number(struct reader *reader) {
    take(reader, '-');
    if (!take(reader, '0') && !digits(reader)) return false;
    if (take(reader, '.') && !digits(reader)) return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+')) take(reader, '-');
        return digits(reader);
    }
    return true;
}

static bool members(struct reader *reader, char close, bool named, int depth) {
    reader->at++;
    skip_space(reader);
    if (take(reader, close)) return true;
    for (;;) {
        skip_space(reader);
        if (named) {
            if (!string(reader)) return false;
            skip_space(reader);
            if (!take(reader, ':')) return false;
        }
        if (!value(reader, depth + 1)) return false;
        if (take(reader, close)) return true;
        if (!take(reader, ',')) return false;
    }
}

static bool value(struct reader *reader, int depth) {
    if (depth > MAX_DEPTH) return false;
    skip_space(reader);
    if (reader->at == reader->end) return false;
    char c = *reader->at;
    bool valid = c == '{'   ? members(reader, '}', true, depth)
                 : c == '[' ? members(reader, ']', false, depth)
                 : c == '"' ? string(reader)
                 : c == 't' ? take_word(reader, "true")
                 : c == 'f' ? take_word(reader, "false")
                 : c == 'n' ? take_word(reader, "null")
                            : number(reader);
    skip_space(reader);
    return valid;
}

bool is_json_object(const char *text, size_t length) {
    struct reader reader = {.at = text, .end = text + length};
    skip_space(&reader);
    if (reader.at == reader.end || *reader.at != '{') return false;
    return value(&reader, 0) && reader.at == reader.end;
}
