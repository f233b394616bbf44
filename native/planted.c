#include "planted.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report.h"
#include "say.h"

static int remove_entry(const char *path, const struct stat *file, int type, struct FTW *place) {
    (void)file;
    (void)type;
    (void)place;
    return remove(path);
}

uint32_t remove_planted(struct slice forbidden, struct buffer *planted) {
    struct message paths;
    uint32_t count = 0;
    if (parse_block(forbidden.bytes, forbidden.length, &paths) != BLOCK_COMPLETE) return 0;
    for (uint32_t i = 0; i < paths.count; i++) {
        char path[PATH_MAX];
        struct stat file;
        if (paths.items[i].length >= sizeof path) continue;
        memcpy(path, paths.items[i].bytes, paths.items[i].length);
        path[paths.items[i].length] = '\0';
        if (lstat(path, &file) != 0) continue;
        if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) report("%s could not be removed", path);
        append_text(planted, path);
        count++;
    }
    free(paths.items);
    return count;
}

void say_planted(const struct buffer *planted) {
    for (size_t at = 0; at + 4 <= planted->length;) {
        const unsigned char *size = (const unsigned char *)planted->bytes + at;
        size_t length = (size_t)size[0] | (size_t)size[1] << 8;
        char text[PATH_MAX + 80];
        int written = snprintf(text, sizeof text, "removed %.*s: git outside the sandbox would have obeyed it", (int)length,
                               planted->bytes + at + 4);
        say(text, (size_t)written);
        at += 4 + length;
    }
}
