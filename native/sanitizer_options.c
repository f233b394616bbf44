/* Linked into the sanitized build only. Leaks are not looked for: that needs ptrace, which the sandbox refuses. */
const char *__asan_default_options(void); /* NOLINT: the sanitizer's name */

const char *__asan_default_options(void) { return "detect_leaks=0"; }
