#include "verdicts.h"

#include <stdlib.h>
#include <string.h>

/* A process that is pushed out by another with the same low bits is one whose line is lost, which is safe. */
enum { PROCESSES = 1 << 16, SLOTS = 1 << 13, LONGEST_KEY = 64 << 10, MOST_ARGUMENTS = 5000 };

static struct {
    pid_t process;
    uint64_t started;
    uint64_t lineage;
} lineages[PROCESSES];

static struct {
    struct words key;
    struct verdict verdict;
} kept[SLOTS];

uint64_t known_lineage(pid_t process, uint64_t started) {
    uint32_t slot = (uint32_t)process % PROCESSES;
    bool known = lineages[slot].process == process && lineages[slot].started == started;
    return known ? lineages[slot].lineage : LINEAGE_LOST;
}

void set_lineage(pid_t process, uint64_t started, uint64_t lineage) {
    uint32_t slot = (uint32_t)process % PROCESSES;
    lineages[slot].process = process;
    lineages[slot].started = started;
    lineages[slot].lineage = lineage;
}

static struct words key_of(const struct attempt *attempt, uint64_t lineage, enum scope scope) {
    struct words key = {0};
    char kind = (char)scope;
    add_word(&key, &kind, sizeof kind);
    add_word(&key, (const char *)&lineage, sizeof lineage);
    for (int i = 0; i < attempt->image_count; i++) {
        add_word(&key, (const char *)&attempt->images[i].identity, sizeof attempt->images[i].identity);
    }
    add_text(&key, attempt->named);
    if (scope == SCOPE_FILES) return key;
    add_text(&key, attempt->directory);
    add_words(&key, &attempt->argv, 0);
    return key;
}

/* FNV-1a. A collision costs a cached verdict: keys are compared in full. */
static uint32_t slot_of(const struct words *key) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key->length; i++) hash = (hash ^ (unsigned char)key->bytes[i]) * 0x100000001b3u;
    return (uint32_t)(hash ^ hash >> 32) % SLOTS;
}

bool find_verdict(const struct attempt *attempt, uint64_t lineage, struct verdict *verdict) {
    if (lineage == LINEAGE_LOST) return false;
    for (int scope = SCOPE_SAME; scope <= SCOPE_FILES; scope++) {
        /* What is too long for the analysis is not known to be like the rest. */
        if (attempt->argv.length > LONGEST_KEY || attempt->argv.count > MOST_ARGUMENTS) return false;
        struct words key = key_of(attempt, lineage, (enum scope)scope);
        uint32_t slot = slot_of(&key);
        bool found = kept[slot].key.length > 0 && same_words(&kept[slot].key, &key);
        free_words(&key);
        if (!found) continue;
        *verdict = kept[slot].verdict;
        return true;
    }
    return false;
}

void keep_verdict(const struct attempt *attempt, uint64_t lineage, struct verdict verdict) {
    if (lineage == LINEAGE_LOST || verdict.scope == SCOPE_ONCE) return;
    struct words key = key_of(attempt, lineage, verdict.scope);
    if (key.length > LONGEST_KEY) {
        free_words(&key);
        return;
    }
    uint32_t slot = slot_of(&key);
    free_words(&kept[slot].key);
    kept[slot].key = key;
    kept[slot].verdict = verdict;
}

void forget_verdicts(void) {
    for (size_t i = 0; i < SLOTS; i++) free_words(&kept[i].key);
}
