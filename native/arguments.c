#include "arguments.h"

#include <stddef.h>
#include <string.h>

static bool take_value(const char *name, int argc, char **argv, int *at, const char **value) {
    const char *word = argv[*at];
    size_t length = strlen(name);
    if (strncmp(word, name, length) != 0) return false;
    if (word[length] == '=') {
        *value = word + length + 1;
    } else {
        if (word[length] != '\0' || *at + 1 >= argc) return false;
        *value = argv[++*at];
    }
    return true;
}

bool parse_arguments(int argc, char **argv, struct arguments *arguments) {
    *arguments = (struct arguments){0};
    int at = 0;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0'; at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        bool known = take_value("--profile", argc, argv, &at, &arguments->profile) ||
                     take_value("--assistant", argc, argv, &at, &arguments->assistant) ||
                     take_value("--job", argc, argv, &at, &arguments->job) ||
                     take_value("--writ", argc, argv, &at, &arguments->writ);
        if (known) continue;
        if (strcmp(argv[at], "--wait") == 0) {
            arguments->wait = true;
        } else if (strcmp(argv[at], "--json") == 0) {
            arguments->json = true;
        } else if (strcmp(argv[at], "--started") == 0) {
            arguments->started = true;
        } else {
            return false;
        }
    }
    arguments->command = argv + at;
    return at < argc;
}

bool is_text(const char *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    while (*at != '\0') {
        unsigned char first = *at++;
        if (first < 0x80) continue;
        int more = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
        if (more == 0) return false;
        unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        for (int i = 0; i < more; i++, at++) {
            if (*at < least || *at > most) return false;
            least = 0x80;
            most = 0xbf;
        }
    }
    return true;
}
