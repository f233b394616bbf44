#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A single write, so that lines of concurrent processes do not mix; control characters cannot reach a terminal. */
static void print_line(const char *format, va_list arguments) {
    char line[1024];
    int prefix = snprintf(line, sizeof line, "writ: ");
    int length = vsnprintf(line + prefix, sizeof line - (size_t)prefix - 1, format, arguments);
    if (length < 0) return;
    size_t end = (size_t)prefix + (size_t)length;
    if (end > sizeof line - 2) end = sizeof line - 2;
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)line[i];
        if (c < 0x20 || c == 0x7f) line[i] = '?';
    }
    line[end] = '\n';
    if (write(STDERR_FILENO, line, end + 1) < 0) return;
}

void report(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
}

void fail(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    _exit(status);
}
