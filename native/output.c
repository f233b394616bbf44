#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "report.h"

enum { CHUNK = 64 << 10, SMALLEST_ROOM = 4096 };

static bool goes_nowhere(const struct stat *file) {
    return S_ISCHR(file->st_mode) && file->st_rdev == makedev(1, 3);
}

bool output_open(struct output *output, unsigned long long limit, bool own_terminal) {
    struct stat files[OUTPUT_STREAMS];
    output->limit = limit;
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct stream *stream = &output->streams[i];
        int fd = STDOUT_FILENO + i, ends[2];
        *stream = (struct stream){.from = -1, .to = fd, .given = -1};
        if (limit == 0 || (own_terminal && isatty(fd)) || fstat(fd, &files[i]) != 0 || goes_nowhere(&files[i])) {
            files[i] = (struct stat){0};
            continue;
        }
        /* After 2>&1 the order of what is printed is seen. */
        if (i > 0 && files[i].st_dev == files[0].st_dev && files[i].st_ino == files[0].st_ino) {
            stream->given = output->streams[0].given;
            continue;
        }
        stream->bytes = malloc(CHUNK);
        if (stream->bytes == NULL || pipe2(ends, O_CLOEXEC) != 0) return false;
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        stream->from = ends[0];
        stream->given = ends[1];
    }
    return true;
}

void output_adopt(const struct output *output) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        const struct stream *stream = &output->streams[i];
        if (stream->given >= 0 && dup2(stream->given, STDOUT_FILENO + i) < 0) _exit(EXIT_SETUP);
    }
}

void output_hand_over(struct output *output) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct stream *stream = &output->streams[i];
        if (stream->given >= 0 && stream->from >= 0) close(stream->given);
        stream->given = -1;
    }
}

static void stop(struct stream *stream) {
    if (stream->from >= 0) close(stream->from);
    stream->from = -1;
}

void output_expect(const struct output *output, struct pollfd events[OUTPUT_EVENTS]) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        const struct stream *stream = &output->streams[i];
        bool full = stream->length > 0;
        events[2 * i] = (struct pollfd){.fd = full ? -1 : stream->from, .events = POLLIN};
        events[2 * i + 1] = (struct pollfd){.fd = full ? stream->to : -1, .events = POLLOUT};
    }
}

size_t output_allow(struct output *output, size_t length) {
    unsigned long long left = output->limit == 0 ? length : output->limit - output->count;
    if (length > left) {
        output->exceeded = true;
        length = (size_t)left;
    }
    output->count += length;
    return length;
}

static void take(struct output *output, struct stream *stream) {
    ssize_t got = read(stream->from, stream->bytes, CHUNK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) {
        stream->at = 0;
        stream->length = output_allow(output, (size_t)got);
    }
    if (got <= 0 || output->exceeded) stop(stream);
}

/* A pipe that has room takes this much without waiting (poll(2), pipe(7)); what is no pipe always does. */
static void pass_on(struct stream *stream) {
    struct stat file;
    bool regular = fstat(stream->to, &file) == 0 && S_ISREG(file.st_mode);
    size_t most = regular || stream->length < SMALLEST_ROOM ? stream->length : SMALLEST_ROOM;
    ssize_t wrote = write(stream->to, stream->bytes + stream->at, most);
    if (wrote < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (wrote < 0) {
        /* Nobody reads any more: the command is to learn of it as it would have. */
        stream->length = 0;
        stop(stream);
        return;
    }
    stream->at += (size_t)wrote;
    stream->length -= (size_t)wrote;
}

void output_serve(struct output *output, const struct pollfd events[OUTPUT_EVENTS]) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct stream *stream = &output->streams[i];
        if (events[2 * i].fd >= 0 && events[2 * i].revents != 0) take(output, stream);
        if (events[2 * i + 1].fd >= 0 && events[2 * i + 1].revents != 0) pass_on(stream);
    }
}

bool output_pending(const struct output *output) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        if (output->streams[i].from >= 0 || output->streams[i].length > 0) return true;
    }
    return false;
}

void output_close(struct output *output) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct stream *stream = &output->streams[i];
        stop(stream);
        stream->length = 0;
        free(stream->bytes);
        stream->bytes = NULL;
    }
}
