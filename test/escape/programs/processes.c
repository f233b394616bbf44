/* Reaching other processes: by number, which outside are the victim's, or by what users share without files. */
#include "attempt.h"
#include <mqueue.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>

static pid_t victim(char **arguments) { return (pid_t)atol(arguments[0]); }
static void *address(char **arguments) { return (void *)strtoul(arguments[1], NULL, 16); }

static long exists(char **who) { return kill(victim(who), 0); }
static long terminate_thread(char **who) { return syscall(SYS_tkill, victim(who), 0); }
static long queue_signal(char **who) {
    int process = (int)syscall(SYS_pidfd_open, victim(who), 0);
    return process < 0 ? -1 : syscall(SYS_pidfd_send_signal, process, 0, NULL, 0);
}
static long trace(char **who) {
    long result = ptrace(PTRACE_SEIZE, victim(who), 0, 0);
    if (result == 0) ptrace(PTRACE_DETACH, victim(who), 0, 0);
    return result;
}
static long read_memory(char **who) {
    char copy[6];
    struct iovec mine = {copy, sizeof copy}, theirs = {address(who), sizeof copy};
    return process_vm_readv(victim(who), &mine, 1, &theirs, 1, 0);
}
static long write_memory(char **who) {
    char text[] = "x";
    struct iovec mine = {text, 1}, theirs = {address(who), 1};
    return process_vm_writev(victim(who), &mine, 1, &theirs, 1, 0);
}
static long write_memory_file(char **who) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/mem", who[0]);
    int memory = open(path, O_RDWR);
    return memory < 0 ? -1 : pwrite(memory, "x", 1, (off_t)address(who));
}
static long take_descriptor(char **who) {
    int process = (int)syscall(SYS_pidfd_open, victim(who), 0);
    return process < 0 ? -1 : syscall(CALL_pidfd_getfd, process, 0, 0);
}
static long limit(char **who) {
    struct rlimit now;
    return prlimit(victim(who), RLIMIT_CORE, NULL, &now);
}
static long move_pages(char **who) {
    void *page = (void *)((unsigned long)address(who) & ~4095UL);
    int status;
    return syscall(SYS_move_pages, victim(who), 1, &page, NULL, &status, 0);
}
static long renice(char **who) { return setpriority(PRIO_PROCESS, (id_t)victim(who), 5); }
static long affinity(char **who) {
    cpu_set_t all;
    return sched_getaffinity(victim(who), sizeof all, &all);
}
static long descriptors_of_parent(char **none) {
    (void)none;
    int process = (int)syscall(SYS_pidfd_open, getppid(), 0);
    return syscall(CALL_pidfd_getfd, process, 0, 0);
}
static long first_process(char **none) {
    (void)none;
    int memory = open("/proc/1/mem", O_RDWR);
    return memory < 0 ? -1 : 0;
}
static long trace_parent(char **none) {
    (void)none;
    long result = ptrace(PTRACE_SEIZE, getppid(), 0, 0);
    if (result == 0) ptrace(PTRACE_DETACH, getppid(), 0, 0);
    return result;
}
static long shared_memory(char **key) { return shmget((key_t)strtol(key[0], NULL, 0), 0, 0); }
static long semaphores(char **key) { return semget((key_t)strtol(key[0], NULL, 0), 0, 0); }
static long messages(char **key) { return msgget((key_t)strtol(key[0], NULL, 0), 0); }
static long queue(char **name) { return mq_open(name[0], O_RDONLY); }
static long named_memory(char **name) { return shm_open(name[0], O_RDONLY, 0); }

static const struct attempt attempts[] = {
    {"exists", exists}, {"thread", terminate_thread}, {"pidfd", queue_signal}, {"trace", trace},
    {"read", read_memory}, {"write", write_memory}, {"write-file", write_memory_file}, {"take", take_descriptor},
    {"limit", limit}, {"pages", move_pages}, {"renice", renice}, {"affinity", affinity},
    {"take-from-parent", descriptors_of_parent}, {"first", first_process}, {"trace-parent", trace_parent},
    {"shared-memory", shared_memory}, {"semaphores", semaphores}, {"messages", messages}, {"queue", queue},
    {"named-memory", named_memory}, {0},
};
int main(int argc, char **argv) { return run_attempt(attempts, argc, argv); }
