/* What a terminal showed, as asciicast v2, with known secrets masked before anything is written. */
#ifndef WRIT_RECORDING_H
#define WRIT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct recording {
    int fd; /* -1: nothing is recorded */
    long long begun_us;
    bool failed; /* what is shown could not be written */
    struct buffer *secrets;
    uint32_t secret_count;
    struct buffer held; /* what may be the beginning of a secret, or of a character */
};

/* Shorter ones would mask ordinary words. */
enum { SHORTEST_SECRET = 6 };

/* A new file, for its owner alone. False where it cannot be made. */
bool recording_open(struct recording *recording, const char *path, int columns, int rows);
/* To be masked from now on, also as a terminal would show its lines. */
void recording_hide(struct recording *recording, const char *secret, size_t length);
void recording_output(struct recording *recording, const char *bytes, size_t length);
void recording_resize(struct recording *recording, int columns, int rows);
void recording_close(struct recording *recording);

#endif
