/*
 * What the supervisor remembers: which programs led to a process, as a number that the guard gave to that line, and
 * the guard's verdicts that hold for the same question again.
 */
#ifndef WRIT_VERDICTS_H
#define WRIT_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attempt.h"
#include "words.h"

/* Lineages. What every process begins with, and what is said of one whose line is lost. */
enum { LINEAGE_LOST = 0, LINEAGE_FIRST = 1 };

/* How far a verdict reaches; the numbers are also in src/guard/supervise/protocol.ts. */
enum scope {
    SCOPE_ONCE = 0,
    SCOPE_SAME = 1,  /* the same files, arguments, directory and lineage */
    SCOPE_FILES = 2, /* whatever the arguments and the directory are */
};

struct verdict {
    uint64_t request; /* which it answered */
    uint64_t lineage; /* of the program that was allowed */
    enum scope scope;
};

/* Of the program that now runs as this process; LINEAGE_LOST where that is not known. */
uint64_t known_lineage(pid_t process, uint64_t started);
void set_lineage(pid_t process, uint64_t started, uint64_t lineage);

bool find_verdict(const struct attempt *attempt, uint64_t lineage, struct verdict *verdict);
void keep_verdict(const struct attempt *attempt, uint64_t lineage, struct verdict verdict);
void forget_verdicts(void);

#endif
