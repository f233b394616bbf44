#include "http.h"

#include <string.h>
#include <strings.h>

static const size_t max_head_bytes = 64 * 1024;

struct framing {
    bool has_length, chunked, bad;
    size_t length;
};

static const char *find_line_end(const char *at, const char *end) {
    return memmem(at, (size_t)(end - at), "\r\n", 2);
}

static bool parse_size(const char *text, const char *end, unsigned base, size_t *result) {
    size_t value = 0;
    if (text == end || end - text > 8) return false;
    for (; text < end; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10
                         : *text >= 'A' && *text <= 'F' ? (unsigned)(*text - 'A') + 10
                                                        : 99;
        if (digit >= base) return false;
        value = value * base + digit;
    }
    *result = value;
    return true;
}

static void parse_field(const char *line, const char *end, struct framing *framing) {
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon == NULL || colon == line || *line == ' ' || *line == '\t') {
        framing->bad = true;
        return;
    }
    size_t name = (size_t)(colon - line);
    const char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t')) value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) end--;
    if (name == 14 && strncasecmp(line, "content-length", name) == 0) {
        if (framing->has_length || !parse_size(value, end, 10, &framing->length)) framing->bad = true;
        framing->has_length = true;
    } else if (name == 17 && strncasecmp(line, "transfer-encoding", name) == 0) {
        if (framing->chunked || end - value != 7 || strncasecmp(value, "chunked", 7) != 0) framing->bad = true;
        framing->chunked = true;
    }
}

/* Joins the chunks over their own framing, but only in the last call, when all of them are there. */
static enum http_progress parse_chunks(char *at, char *end, struct http_response *response) {
    for (int joining = 0; joining <= 1; joining++) {
        char *from = at, *to = at;
        for (;;) {
            const char *line_end = find_line_end(from, end);
            if (line_end == NULL) return end - from > 1024 ? HTTP_BAD : HTTP_MORE;
            const char *digits_end = memchr(from, ';', (size_t)(line_end - from));
            size_t size;
            if (!parse_size(from, digits_end == NULL ? line_end : digits_end, 16, &size)) return HTTP_BAD;
            from += line_end - from + 2;
            if ((size_t)(end - from) < size + 2) return HTTP_MORE;
            /* No trailer fields: the guard sends none. */
            if (memcmp(from + size, "\r\n", 2) != 0) return HTTP_BAD;
            if (size == 0) break;
            if (joining) memmove(to, from, size);
            to += size;
            from += size + 2;
        }
        response->body = at;
        response->body_length = (size_t)(to - at);
    }
    return HTTP_COMPLETE;
}

static bool parse_status(const char *line, const char *end, int *status) {
    size_t value;
    if (end - line < 12 || memcmp(line, "HTTP/1.1 ", 9) != 0 || !parse_size(line + 9, line + 12, 10, &value)) return false;
    if (end - line > 12 && line[12] != ' ') return false;
    *status = (int)value;
    return true;
}

enum http_progress parse_response(char *bytes, size_t length, struct http_response *response) {
    char *end = bytes + length;
    char *head_end = memmem(bytes, length, "\r\n\r\n", 4);
    if (head_end == NULL) return length > max_head_bytes ? HTTP_BAD : HTTP_MORE;
    if (memchr(bytes, '\0', (size_t)(head_end - bytes)) != NULL) return HTTP_BAD;

    struct framing framing = {0};
    const char *line_end = find_line_end(bytes, head_end + 2);
    if (!parse_status(bytes, line_end, &response->status)) return HTTP_BAD;
    for (const char *line = line_end + 2; line < head_end + 2; line = line_end + 2) {
        line_end = find_line_end(line, head_end + 2);
        parse_field(line, line_end, &framing);
    }
    /* Without a length of its own nobody can tell a whole response from a cut one; with two, which is meant. */
    if (framing.bad || framing.has_length == framing.chunked) return HTTP_BAD;

    char *body = head_end + 4;
    if (framing.chunked) return parse_chunks(body, end, response);
    if ((size_t)(end - body) < framing.length) return HTTP_MORE;
    response->body = body;
    response->body_length = framing.length;
    return HTTP_COMPLETE;
}
