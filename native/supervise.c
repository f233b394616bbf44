/*
 * The supervisor: outside of the sandbox, its parent, and the only one who can let a program start in it. Each
 * execve waits in the kernel (seccomp_unotify(2)) until it has been read, decided by the guard, and answered; then
 * what really starts is compared with what was decided, before it runs (tracing.h). When this process ends, whatever
 * the reason, no further program can start, and the kernel ends the sandbox.
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt.h"
#include "calls.h"
#include "commands.h"
#include "descendants.h"
#include "guard_link.h"
#include "listener.h"
#include "report.h"
#include "tracing.h"
#include "verdicts.h"

/* How long the report of a program that a kept verdict let start may wait for company, milliseconds. */
enum { GATHER_MS = 10, MOST_COMPLAINTS = 50, MOST_STARTERS = 64 };

struct waiting {
    uint64_t request;
    uint64_t lineage; /* of whoever starts it */
    struct attempt attempt;
    struct waiting *next;
};

static struct {
    pid_t sandbox;
    int guard, inside, listener, root;
    pid_t init; /* process 1 of the sandbox, as seen here */
    uint64_t requests;
    struct waiting *waiting;
    bool asked; /* a question waits in the output, and must not wait for company */
    int complaints;
    bool in_place; /* no namespace holds the tree together */
    bool ending;
} session = {.listener = -1, .root = -1};

int begin_supervision(const struct supervision *supervision) {
    int guard = join_guard(supervision->socket);
    begin_message("hello");
    add_string(supervision->token);
    add_number((uint64_t)getpid());
    end_message();
    if (!flush_output(guard, true)) fail(EXIT_SETUP, "the guard went away");
    return guard;
}

/* Process 1 too, so that nothing depends on the order in which the kernel tells of deaths. */
static void kill_sandbox(void) {
    session.ending = true;
    if (session.in_place) kill_descendants();
    kill(session.sandbox, SIGKILL);
    if (session.init > 1) kill(session.init, SIGKILL);
}

static void respond(uint64_t notification, int error, bool proceed) {
    struct seccomp_notif_resp response = {
        .id = notification,
        .error = -error,
        .flags = proceed ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
    };
    /* Fails where the process was killed meanwhile, and then there is nobody to answer. */
    if (ioctl(session.listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0) return;
}

static bool is_still_there(uint64_t notification) {
    return ioctl(session.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notification) == 0;
}

static void proceed(struct attempt *attempt, uint64_t lineage) {
    uint64_t notification = attempt->notification;
    if (watch(attempt, lineage)) {
        respond(notification, 0, true);
        return;
    }
    if (is_still_there(notification)) report("cannot watch process %d, so it may not start a program", (int)attempt->task);
    respond(notification, EACCES, false);
    free_attempt(attempt);
}

/* Which programs led to this process: its own, or those of the nearest ancestor that is known. */
static uint64_t lineage_of_starter(const struct attempt *attempt) {
    pid_t process = attempt->process, parent = attempt->parent;
    uint64_t started = attempt->started;
    if (session.init == 0) {
        session.init = parent;
        set_lineage(process, started, LINEAGE_FIRST);
    }
    for (int i = 0; i < MOST_STARTERS; i++) {
        uint64_t lineage = known_lineage(process, started);
        if (lineage != LINEAGE_LOST) return lineage;
        process = parent;
        if (process <= 1 || process == session.init || !read_origin(process, &parent, &started)) break;
    }
    return LINEAGE_LOST;
}

static void add_list(const struct words *words) {
    add_number(words->count);
    const char *at = words->bytes;
    for (uint32_t i = 0; i < words->count; i++) {
        size_t length = strlen(at);
        add_item(at, length);
        at += length + 1;
    }
}

static void add_image(const struct image *image) {
    static const char *const kinds[] = {"program", "script", "foreign", "unreadable", "other"};
    char identity[128];
    const struct identity *is = &image->identity;
    snprintf(identity, sizeof identity, "%llu:%llu:%llu:%llu:%llu", (unsigned long long)is->device,
             (unsigned long long)is->inode, (unsigned long long)is->size, (unsigned long long)is->modified_ns,
             (unsigned long long)is->changed_ns);
    add_string(image->nameless ? "nameless" : kinds[image->kind]);
    add_number((uint64_t)image->fd);
    add_string(identity);
    add_string(image->path);
}

static void ask_guard(struct attempt *attempt, uint64_t lineage) {
    char path[64], starter[4096];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)attempt->task);
    ssize_t length = readlink(path, starter, sizeof starter);
    struct waiting *waiting = malloc(sizeof *waiting);
    if (waiting == NULL) fail(EXIT_SETUP, "out of memory");
    *waiting = (struct waiting){
        .request = ++session.requests, .lineage = lineage, .attempt = *attempt, .next = session.waiting};
    session.waiting = waiting;
    begin_message("exec");
    add_number(waiting->request);
    add_number((uint64_t)attempt->process);
    add_number((uint64_t)attempt->parent);
    add_number(lineage);
    add_item(starter, length < 0 ? 0 : (size_t)length);
    add_string(attempt->named);
    add_string(attempt->directory);
    add_number((uint64_t)attempt->image_count);
    for (int i = 0; i < attempt->image_count; i++) add_image(&attempt->images[i]);
    add_list(&attempt->argv);
    if (attempt->image_count > 1) {
        add_list(&attempt->effective);
    } else {
        add_number(0);
    }
    end_message();
    session.asked = true;
}

static void repeat(struct attempt *attempt, const struct verdict *verdict) {
    begin_message("repeat");
    add_number(verdict->request);
    add_number((uint64_t)attempt->process);
    add_number((uint64_t)attempt->parent);
    if (verdict->scope == SCOPE_FILES) {
        add_string(attempt->directory);
        add_list(&attempt->argv);
    }
    end_message();
    proceed(attempt, verdict->lineage);
}

static void take_notification(void) {
    struct seccomp_notif notification = {0};
    if (ioctl(session.listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) != 0) return;
    if (notification.data.nr != __NR_execve && notification.data.nr != __NR_execveat) {
        serve_call(session.listener, &notification, session.ending);
        return;
    }
    if (session.root < 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%u/root", notification.pid);
        session.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (session.root < 0) fail(EXIT_SETUP, "cannot look into the sandbox: %s", strerror(errno));
    }
    struct attempt attempt;
    struct verdict verdict;
    int problem = read_attempt(&notification, session.root, &attempt);
    /* Only now is it sure that what was read was of the process that waits. */
    if (!is_still_there(notification.id)) {
        free_attempt(&attempt);
        return;
    }
    if (problem != 0) {
        respond(notification.id, problem, false);
        free_attempt(&attempt);
        return;
    }
    uint64_t lineage = lineage_of_starter(&attempt);
    if (find_verdict(&attempt, lineage, &verdict)) {
        repeat(&attempt, &verdict);
    } else {
        ask_guard(&attempt, lineage);
    }
}

static struct waiting *take_waiting(uint64_t request) {
    for (struct waiting **at = &session.waiting; *at != NULL; at = &(*at)->next) {
        if ((*at)->request != request) continue;
        struct waiting *found = *at;
        *at = found->next;
        return found;
    }
    return NULL;
}

/*
 * On the command's own standard error, where whoever reads its output finds the reason for what failed. Once where it
 * is tried again at once, as by a search through PATH.
 */
static void complain(const char *reason) {
    static char last[1024];
    if (strncmp(last, reason, sizeof last - 1) == 0) return;
    snprintf(last, sizeof last, "%s", reason);
    struct pollfd event = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (session.complaints >= MOST_COMPLAINTS || poll(&event, 1, 0) != 1 || !(event.revents & POLLOUT)) return;
    session.complaints++;
    report("denied: %s", reason);
}

/* `allow REQUEST LINEAGE SCOPE`, `deny REQUEST ERRNO REASON`, `forget` or `end`. False for anything else. */
static bool obey(const char *line) {
    unsigned long long request, lineage;
    int scope, error, at = 0;
    if (strcmp(line, "forget") == 0) {
        forget_verdicts();
        return true;
    }
    if (strcmp(line, "end") == 0) {
        kill_sandbox();
        return true;
    }
    if (sscanf(line, "allow %llu %llu %d%n", &request, &lineage, &scope, &at) == 3 && line[at] == '\0') {
        struct waiting *waiting = take_waiting(request);
        if (waiting == NULL || lineage == LINEAGE_LOST || scope < SCOPE_ONCE || scope > SCOPE_FILES) return false;
        struct verdict verdict = {.request = request, .lineage = lineage, .scope = (enum scope)scope};
        keep_verdict(&waiting->attempt, waiting->lineage, verdict);
        proceed(&waiting->attempt, lineage);
        free(waiting);
        return true;
    }
    if (sscanf(line, "deny %llu %d%n", &request, &error, &at) == 2 && line[at] == ' ' && error > 0 && error < 134) {
        struct waiting *waiting = take_waiting(request);
        if (waiting == NULL) return false;
        complain(line + at + 1);
        respond(waiting->attempt.notification, error, false);
        free_attempt(&waiting->attempt);
        free(waiting);
        return true;
    }
    return false;
}

static void listen_to_guard(void) {
    bool sound = fill_input(session.guard);
    char *line;
    while (sound && (line = next_line()) != NULL) sound = obey(line);
    if (sound) return;
    /* It is gone, or is not what it seemed: nothing may go on that nobody decides and records. */
    kill_sandbox();
    close(session.guard);
    session.guard = -1;
}

static void tell_mismatch(struct attempt *decided) {
    char path[64], file[4096];
    struct words arguments = {0};
    snprintf(path, sizeof path, "/proc/%d/exe", (int)decided->process);
    ssize_t length = readlink(path, file, sizeof file);
    read_command_line(decided->process, &arguments);
    begin_message("mismatch");
    add_number((uint64_t)decided->process);
    add_string(decided->image_count == 0 ? "" : decided->images[decided->image_count - 1].path);
    add_item(decided->effective.bytes, decided->effective.length);
    add_item(file, length < 0 ? 0 : (size_t)length);
    add_item(arguments.bytes, arguments.length);
    end_message();
    session.asked = true;
    complain("another program started than was decided; everything is ended");
    free_words(&arguments);
}

/* True when the sandbox is gone, with its status. */
static bool reap(int *ended) {
    int status;
    pid_t task;
    while ((task = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
        struct attempt decided;
        if (WIFSTOPPED(status)) {
            if (take_stop(task, status, &decided) != OUTCOME_MISMATCH) continue;
            kill_sandbox();
            tell_mismatch(&decided);
            free_attempt(&decided);
        } else if (task == session.sandbox) {
            *ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            return true;
        } else {
            forget_task(task);
        }
    }
    return false;
}

static void take_listener(void) {
    struct confinement confinement;
    session.listener = receive_listener(session.inside, &confinement);
    close(session.inside);
    session.inside = -1;
    if (session.listener < 0) return;
    /* Process 1 goes on, so it dies with bubblewrap, which dies with us. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    /* From here on what there is to say belongs to the command's standard error. */
    if (dup2(REAL_STDERR_FD, STDERR_FILENO) < 0) fail(EXIT_SETUP, "dup2: %s", strerror(errno));
    close(REAL_STDERR_FD);
    begin_message("ready");
    add_number(confinement.landlock_abi);
    end_message();
    session.asked = true;
}

/* Everything that was said reaches the guard, in one piece where it can wait. */
static void send_output(bool gathered) {
    if (session.guard < 0 || !output_waits() || !(session.asked || gathered)) return;
    session.asked = false;
    if (flush_output(session.guard, false)) return;
    kill_sandbox();
    close(session.guard);
    session.guard = -1;
}

/* Nobody is left who could start anything: the guard need not wait for the namespaces to be taken down. */
static void say_goodbye(void) {
    if (session.guard < 0 || session.in_place) return;
    flush_output(session.guard, true);
    close(session.guard);
    session.guard = -1;
}

static void heed_signals(int signals) {
    struct signalfd_siginfo info;
    ssize_t got;
    while ((got = read(signals, &info, sizeof info)) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) kill_sandbox();
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR) fail(EXIT_SETUP, "signalfd: %s", strerror(errno));
}

int supervise_sandbox(pid_t sandbox, int inside, int guard, bool in_place) {
    session.sandbox = sandbox;
    session.in_place = in_place;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail(EXIT_SETUP, "prctl: %s", strerror(errno));
    session.inside = inside;
    session.guard = guard;
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, END_EVERYTHING);
    int signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) fail(EXIT_SETUP, "signalfd: %s", strerror(errno));

    int status = EXIT_SETUP;
    while (!reap(&status)) {
        int due = release_overdue();
        send_output(false);
        int patience = output_waits() && session.guard >= 0 && (due < 0 || due > GATHER_MS) ? GATHER_MS : due;
        struct pollfd events[] = {
            {.fd = signals, .events = POLLIN},
            {.fd = session.listener, .events = POLLIN},
            {.fd = session.guard, .events = POLLIN},
            {.fd = session.inside, .events = POLLIN},
        };
        int found = poll(events, sizeof events / sizeof *events, patience);
        if (found < 0 && errno != EINTR) fail(EXIT_SETUP, "poll: %s", strerror(errno));
        if (found == 0) send_output(true);
        if (events[0].revents != 0) heed_signals(signals);
        if (events[1].revents & POLLIN) take_notification();
        if (session.listener >= 0 && (events[1].revents & POLLHUP)) {
            close(session.listener);
            session.listener = -1;
            say_goodbye();
        }
        if (events[2].revents != 0) listen_to_guard();
        if (events[3].revents != 0) take_listener();
    }
    if (session.listener >= 0) close(session.listener);
    /* What bubblewrap or the stand-in left behind, whatever ended it. */
    end_descendants();
    if (session.guard >= 0) flush_output(session.guard, true);
    return status;
}
