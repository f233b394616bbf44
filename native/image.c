#include "image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#else
enum { MACHINE = EM_AARCH64 };
#endif

/* BINPRM_BUF_SIZE: how much of a file the kernel looks at. */
enum { HEAD_BYTES = 256, MOST_RACES = 10000 };

struct identity identity_of(const struct stat *file) {
    return (struct identity){
        .device = file->st_dev,
        .inode = file->st_ino,
        .size = (uint64_t)file->st_size,
        .modified_ns = (uint64_t)file->st_mtim.tv_sec * 1000000000u + (uint64_t)file->st_mtim.tv_nsec,
        .changed_ns = (uint64_t)file->st_ctim.tv_sec * 1000000000u + (uint64_t)file->st_ctim.tv_nsec,
    };
}

bool same_identity(const struct identity *one, const struct identity *other) {
    return memcmp(one, other, sizeof *one) == 0;
}

/* What follows /proc/self and its like, which outside would mean this process; NULL for every other path. */
static const char *own_entry(const char *path) {
    static const char *const folders[] = {"/proc/self/", "/proc/thread-self/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) == 0) return path + length;
    }
    return strncmp(path, "/dev/fd/", 8) == 0 ? path + 5 : NULL;
}

static bool is_number(const char *text) { return *text != '\0' && text[strspn(text, "0123456789")] == '\0'; }

/* Only what leads to one file: its executable, or a descriptor. */
static int open_own(const struct viewer *viewer, const char *entry) {
    char path[64];
    bool file = strcmp(entry, "exe") == 0 || (strncmp(entry, "fd/", 3) == 0 && is_number(entry + 3));
    if (!file || strlen(entry) > 20) return -EACCES;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)viewer->task, entry);
    int fd = open(path, O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int open_path(const struct viewer *viewer, const char *path, bool follow) {
    char absolute[2 * PATH_MAX];
    if (*path == '\0') return -ENOENT;
    if (*path != '/') {
        int length = snprintf(absolute, sizeof absolute, "%s/%s", viewer->directory, path);
        if (length < 0 || (size_t)length >= sizeof absolute) return -ENAMETOOLONG;
        path = absolute;
    }
    const char *own = own_entry(path);
    if (own != NULL) return open_own(viewer, own);
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_IN_ROOT,
    };
    /* The kernel gives up on `..` while anything on the machine is renamed or mounted: openat2(2). */
    long fd = -1;
    for (int i = 0; i < MOST_RACES; i++) {
        fd = syscall(SYS_openat2, viewer->root, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) break;
    }
    return fd < 0 ? -errno : (int)fd;
}

/* fs/binfmt_script.c: the interpreter is the first word of the line, its one argument is the rest of it. */
static bool read_interpreter(char *head, size_t length, struct image *image) {
    char *end = memchr(head, '\n', length);
    if (end == NULL) {
        /* Without an end of line the name itself must end within what the kernel reads. */
        end = head + length;
        char *name = head + 2;
        while (name < end && (*name == ' ' || *name == '\t')) name++;
        bool complete = length < HEAD_BYTES;
        for (char *at = name; at < end && !complete; at++) complete = *at == ' ' || *at == '\t' || *at == '\0';
        if (!complete) return false;
    }
    char *start = head + 2;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) end--;
    while (start < end && (*start == ' ' || *start == '\t')) start++;
    char *stop = start;
    while (stop < end && *stop != ' ' && *stop != '\t' && *stop != '\0') stop++;
    if (stop == start) return false;
    snprintf(image->interpreter, sizeof image->interpreter, "%.*s", (int)(stop - start), start);
    image->argument[0] = '\0';
    while (stop < end && (*stop == ' ' || *stop == '\t')) stop++;
    if (stop < end) snprintf(image->argument, sizeof image->argument, "%.*s", (int)(end - stop), stop);
    return true;
}

static enum image_kind look_into(struct image *image) {
    char path[64];
    union {
        char bytes[HEAD_BYTES];
        Elf64_Ehdr elf;
    } head = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", image->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return IMAGE_UNREADABLE;
    ssize_t got = pread(fd, head.bytes, sizeof head.bytes, 0);
    close(fd);
    if (got < 0) return IMAGE_UNREADABLE;
    if (got >= 2 && memcmp(head.bytes, "#!", 2) == 0) {
        return read_interpreter(head.bytes, (size_t)got, image) ? IMAGE_SCRIPT : IMAGE_OTHER;
    }
    if ((size_t)got < sizeof head.elf || memcmp(head.elf.e_ident, ELFMAG, SELFMAG) != 0) return IMAGE_OTHER;
    bool native = head.elf.e_ident[EI_CLASS] == ELFCLASS64 && head.elf.e_machine == MACHINE;
    return native ? IMAGE_PROGRAM : IMAGE_FOREIGN;
}

int open_image(const struct viewer *viewer, const char *path, bool follow, struct image *image) {
    *image = (struct image){.fd = open_path(viewer, path, follow)};
    if (image->fd < 0) return -image->fd;
    struct stat file;
    char link[64], real[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", image->fd);
    ssize_t length = readlink(link, real, sizeof real - 1);
    int problem = 0;
    if (length < 0 || fstat(image->fd, &file) != 0) {
        problem = EACCES;
    } else if (S_ISLNK(file.st_mode)) {
        problem = ELOOP;
    } else if (!S_ISREG(file.st_mode) || (file.st_mode & 0111) == 0) {
        problem = EACCES;
    }
    if (problem != 0) {
        close(image->fd);
        image->fd = -1;
        return problem;
    }
    real[length] = '\0';
    image->identity = identity_of(&file);
    image->nameless = file.st_nlink == 0 || real[0] != '/' || strncmp(real, "/memfd:", 7) == 0;
    image->path = strdup(real);
    if (image->path == NULL) fail(EXIT_SETUP, "out of memory");
    image->kind = look_into(image);
    return 0;
}

void close_image(struct image *image) {
    if (image->fd >= 0) close(image->fd);
    free(image->path);
    *image = (struct image){.fd = -1};
}
