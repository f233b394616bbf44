/* writ-exec features: what the kernel offers for enforcement, as one JSON object. */
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"

/* landlock_create_ruleset(2), the same on every architecture; the C library's headers may be older than the kernel. */
#ifndef MOST_LANDLOCK
#define MOST_LANDLOCK 1000
#endif
enum { LANDLOCK_CREATE_RULESET = 444, LANDLOCK_VERSION = 1 };

int features_command(int argc, char **argv) {
    (void)argc;
    (void)argv;
    uint32_t action = SECCOMP_RET_USER_NOTIF;
    long landlock = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
    if (landlock > MOST_LANDLOCK) landlock = MOST_LANDLOCK;
    printf("{\"userNotification\":%s,\"landlockAbi\":%ld}\n",
           syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? "true" : "false", landlock < 0 ? 0 : landlock);
    return 0;
}
