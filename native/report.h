/* One line on standard error, as people see everything that Writ says. */
#ifndef WRIT_REPORT_H
#define WRIT_REPORT_H

/* Exit statuses as a shell gives them, and what wrappers such as timeout(1) use for their own trouble. */
enum { EXIT_SETUP = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

__attribute__((format(printf, 1, 2))) void report(const char *format, ...);
__attribute__((format(printf, 2, 3), noreturn)) void fail(int status, const char *format, ...);

#endif
