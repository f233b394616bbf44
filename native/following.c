/* While the command runs: signals, stops, the terminal, and what the guard says meanwhile. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "say.h"
#include "session.h"

/* Between asking for the end of the tree and ending its first process from outside, or no longer waiting; milliseconds. */
static const long long kill_patience_ms = 2000;

bool in_foreground(void) {
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void take_terminal_back(void) {
    if (in_foreground()) return;
    signal(SIGTTOU, SIG_IGN);
    if (tcsetpgrp(STDIN_FILENO, getpgrp()) != 0) return;
}

static void kill_tree(struct session *session) {
    session->killed = true;
    /* Nothing of the command is in it yet. */
    if (session->sandbox.held && session->sandbox.process > 0) kill(session->sandbox.process, END_EVERYTHING);
    sandbox_ask(&session->sandbox, KILL_ALL);
    if (session->kill_at < 0) session->kill_at = now_us() + kill_patience_ms * 1000;
}

int take_signals(bool terminal, bool recorded) {
    sigset_t taken;
    /* What a command can meaningfully be sent; the last two reach it from the terminal itself where it has one. */
    static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
                                    SIGUSR2, SIGCONT, SIGWINCH, SIGTSTP};
    size_t count = sizeof forwarded / sizeof *forwarded - (recorded ? 1 : terminal ? 2 : 0);
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    for (size_t i = 0; i < count; i++) sigaddset(&taken, forwarded[i]);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    int fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) fail(EXIT_FAILED, "signalfd: %s", strerror(errno));
    return fd;
}

static void resume(struct session *session) {
    if (session->terminal && in_foreground()) sandbox_ask(&session->sandbox, TAKE_FOREGROUND);
    sandbox_ask(&session->sandbox, SIGCONT);
}

/* The shell that waits for us must see the stop, as it would of the command itself. */
static void stop_with_command(struct session *session) {
    sigset_t pending;
    session->sandbox.stopped = false;
    terminal_end(&session->own);
    if (session->terminal) {
        kill(0, SIGTSTP);
    } else {
        kill(getpid(), SIGSTOP);
    }
    terminal_begin(&session->own);
    /* Where nobody could continue us the system dropped the stop; else what continued us is pending. */
    if (sigpending(&pending) == 0 && !sigismember(&pending, SIGCONT)) resume(session);
}

static void forward_signals(struct session *session, int signals) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        /* Only what was printed is still on its way, to a reader that may have lost interest. */
        if (sandbox_is_over(&session->sandbox) && info.ssi_signo != SIGCHLD) output_close(&session->output);
        if (info.ssi_signo == SIGCHLD) {
            sandbox_reap(&session->sandbox);
        } else if (info.ssi_signo == SIGWINCH && session->own.master >= 0) {
            terminal_resize(&session->own);
        } else if (info.ssi_signo == SIGCONT) {
            resume(session);
        } else {
            sandbox_ask(&session->sandbox, (unsigned char)info.ssi_signo);
        }
    }
}

static void start_command(struct session *session) {
    if (session->started_at != 0) return;
    session->started_at = now_us();
    sandbox_release(&session->sandbox);
    sandbox_serve(&session->sandbox);
}

/* Once it has let the command start, the guard only says things, or has it killed. */
static void heed_guard(struct session *session) {
    struct message message;
    while (next_message(session, &message)) {
        if (item_is(&message, 0, "say") || item_is(&message, 0, "kill")) say_items(&message, 1);
        if (item_is(&message, 0, "kill")) kill_tree(session);
        if (item_is(&message, 0, "start")) start_command(session);
        if (item_is(&message, 0, "end") && session->started_at == 0) {
            session->refused = end_without_start(session, &message);
            kill_tree(session);
        }
        done_with(session, &message);
    }
    if (session->guard < 0 && session->refused < 0) kill_tree(session);
}

static void lose_guard(struct session *session) {
    static const char words[] = "Writ went away, so the command is killed";
    close(session->guard);
    session->guard = -1;
    if (session->refused >= 0) return;
    say(words, sizeof words - 1);
    kill_tree(session);
}

static void serve_terminal(struct session *session, short shown, short typed) {
    static const char words[] = "the terminal can no longer be recorded, so the command is killed";
    if (session->own.master < 0) return;
    if ((shown != 0 || typed != 0) && !terminal_serve(&session->own, typed != 0)) {
        close(session->own.master);
        session->own.master = -1;
    }
    if (!session->own.recording.failed || session->killed) return;
    say(words, sizeof words - 1);
    kill_tree(session);
}

static void hold_output(struct session *session) {
    static const char words[] = "the command printed more than it may, so it is killed";
    if (!session->output.exceeded || session->killed) return;
    say(words, sizeof words - 1);
    kill_tree(session);
}

static void report_usage(struct session *session) {
    struct sandbox *sandbox = &session->sandbox;
    if (!sandbox->used || session->guard < 0) return;
    sandbox->used = false;
    append_count(&session->outgoing, 5);
    append_text(&session->outgoing, "used");
    append_number(&session->outgoing, (long long)sandbox->usage.cpu_ms);
    append_number(&session->outgoing, (long long)sandbox->usage.memory_kib);
    append_number(&session->outgoing, sandbox->usage.processes);
    append_number(&session->outgoing, (long long)session->output.count);
}

/* What the command showed last may still be on its way. */
static void drain_terminal(struct terminal *own) {
    struct pollfd shown = {.fd = own->master, .events = POLLIN};
    while (own->master >= 0 && poll(&shown, 1, 100) > 0 && terminal_serve(own, false)) continue;
}

/*
 * Process 1 tells of the end when it is alone: nothing is left that could write or start anything. The kernel takes some
 * milliseconds to take the namespaces down, in which the end goes on record.
 */
static bool is_over(const struct session *session) {
    if (output_pending(&session->output)) return false;
    if (sandbox_is_over(&session->sandbox)) return true;
    return session->sandbox.ending.told && !session->in_place && session->own.master < 0;
}

void follow(struct session *session, int signals) {
    struct sandbox *sandbox = &session->sandbox;
    bool told = false;
    while (!is_over(session)) {
        struct pollfd events[6 + OUTPUT_EVENTS] = {
            {.fd = signals, .events = POLLIN},
            {.fd = sandbox->control, .events = POLLIN | (sandbox->requests.length > 0 ? POLLOUT : 0)},
            {.fd = sandbox->complaints, .events = POLLIN},
            {.fd = session->guard, .events = POLLIN | (session->outgoing.length > 0 ? POLLOUT : 0)},
            {.fd = session->own.master, .events = POLLIN | (session->own.typed.length > 0 ? POLLOUT : 0)},
            {.fd = session->own.raw ? STDIN_FILENO : -1, .events = POLLIN},
        };
        output_expect(&session->output, events + 6);
        long long left_ms = session->kill_at < 0 ? -1 : (session->kill_at - now_us()) / 1000;
        if (session->kill_at >= 0 && left_ms <= 0) {
            if (sandbox->process > 0) {
                kill(sandbox->process, SIGKILL);
            } else {
                sandbox_give_up(sandbox);
            }
            session->kill_at = -1;
            continue;
        }
        if (poll(events, 6 + OUTPUT_EVENTS, (int)left_ms) < 0 && errno != EINTR) fail(EXIT_FAILED, "poll: %s", strerror(errno));
        forward_signals(session, signals);
        sandbox_serve(sandbox);
        if (sandbox_is_orphaned(sandbox) && !session->in_place && session->kill_at < 0) {
            session->kill_at = now_us() + kill_patience_ms * 1000;
        }
        if (sandbox->started && !told) {
            append_count(&session->outgoing, 1);
            append_text(&session->outgoing, "started");
            told = true;
        }
        serve_terminal(session, events[4].revents, events[5].revents);
        output_serve(&session->output, events + 6);
        hold_output(session);
        report_usage(session);
        if (sandbox->stopped) stop_with_command(session);
        if (session->guard < 0) continue;
        bool open = buffer_send(&session->outgoing, session->guard);
        if (events[3].revents != 0) open = buffer_receive(&session->incoming, session->guard) && open;
        heed_guard(session);
        if (!open && session->guard >= 0) lose_guard(session);
    }
    drain_terminal(&session->own);
}
