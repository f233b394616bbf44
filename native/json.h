#ifndef WRIT_JSON_H
#define WRIT_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is exactly one JSON object (RFC 8259), at most 64 levels deep. */
bool is_json_object(const char *text, size_t length);

#endif
