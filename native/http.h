/* Reads one HTTP/1.1 response (RFC 9112) from a buffer. */
#ifndef WRIT_HTTP_H
#define WRIT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum http_progress { HTTP_MORE, HTTP_COMPLETE, HTTP_BAD };

struct http_response {
    int status;
    /* Within the buffer that was given; chunked bodies are joined in place once complete. */
    char *body;
    size_t body_length;
};

/* `HTTP_MORE` until every byte is there that the response itself announces. */
enum http_progress parse_response(char *bytes, size_t length, struct http_response *response);

#endif
