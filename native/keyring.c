/* writ-exec keyring DESCRIPTION: writes the content of a key of type `user` (keyctl(2)), of the user's own keyring. */
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"

enum { LARGEST_KEY = 32767 }; /* user(7) "keyrings": of type user */

int keyring_command(int argc, char **argv) {
    if (argc != 1) fail(2, "usage: writ-exec keyring DESCRIPTION");
    static char content[LARGEST_KEY];
    long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", argv[0], 0);
    if (key < 0) fail(1, "there is no such key");
    long length = syscall(SYS_keyctl, KEYCTL_READ, key, content, sizeof content);
    if (length < 0 || length > LARGEST_KEY) fail(1, "the key cannot be read");
    for (long sent = 0; sent < length;) {
        ssize_t count = write(STDOUT_FILENO, content + sent, (size_t)(length - sent));
        if (count < 0) return 1;
        sent += count;
    }
    return 0;
}
