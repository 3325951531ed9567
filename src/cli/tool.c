/* Runs a program of the machine's: its lines as progress, and the one that says what went wrong. */
#include "cli/tool.h"

#include "prog/say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_READ = 1 << 20, MOST_LINE = 4096, UMASK = 022, NOT_RUN = 127 /* as a shell says it */ };

/* ---- The process ---- */
static void become(const struct cli_tool *tool, int out, bool errors_too) {
    if (tool->dies_with_us)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    umask(UMASK);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        (!errors_too || dup2(out, STDERR_FILENO) >= 0) &&
        (!tool->folder || chdir(tool->folder) == 0))
        execvp(tool->argv[0], (char *const *)(uintptr_t)tool->argv);
    _exit(NOT_RUN);
}

/* Its process in *ret_pid, its output in *ret_fd. */
static int start(const struct cli_tool *tool, bool errors_too, pid_t *ret_pid, int *ret_fd,
                 struct err *err) {
    int output[2];
    if (!cli_tool_is_here(tool->argv[0]))
        return err_set(err, -ENOENT, "this machine has no %s", tool->argv[0]);
    if (pipe2(output, O_CLOEXEC) < 0)
        return err_sys(err, -errno, "cannot run %s", tool->argv[0]);
    pid_t pid = fork();
    if (pid == 0)
        become(tool, output[1], errors_too);
    close(output[1]);
    if (pid < 0) {
        close(output[0]);
        return err_sys(err, -errno, "cannot run %s", tool->argv[0]);
    }
    *ret_pid = pid;
    *ret_fd = output[0];
    return 0;
}

static void add_command(struct buf *out, const struct cli_tool *tool) {
    for (size_t i = 0; tool->argv[i]; i++)
        buf_printf(out, "%s%s", i ? " " : "", tool->argv[i]);
}

/* 0 where it ended well; else -ECHILD with words: which command, how, and what it said. */
static int await(const struct cli_tool *tool, pid_t pid, const char *said, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf command = {0};
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    add_command(&command, tool);
    if (WIFSIGNALED(status))
        return err_set(err, -ECHILD, "`%s` was ended by signal %d", buf_cstr(&command),
                       WTERMSIG(status));
    return err_set(err, -ECHILD, "`%s` ended with %d%s%s", buf_cstr(&command), WEXITSTATUS(status),
                   *said ? ": " : "", said);
}

/* ---- What it says ---- */
/* What lines begin with that say what is wrong: of apt-get, and of npm before 10 and since. */
static const char *const faults[] = {"E: ", "npm ERR! ", "npm error "};
/* Those of them that explain nothing to people. */
static const char *const idle[] = {"code ", "errno ", "syscall ", "path ", "A complete log"};

static bool starts_one_of(str line, const char *const *words, size_t n, str *ret_rest) {
    for (size_t i = 0; i < n; i++)
        if (str_starts(line, str_c(words[i]))) {
            *ret_rest = str_skip(line, strlen(words[i]));
            return true;
        }
    return false;
}

/* The first line that explains a fault is kept. */
static void take_line(str line, struct buf *said) {
    str rest, ignored;
    if (said->len || !starts_one_of(line, faults, ARRAY_LEN(faults), &rest) ||
        starts_one_of(rest, idle, ARRAY_LEN(idle), &ignored))
        return;
    buf_str(said, str_trim(rest));
}

int cli_tool_run(const struct cli_tool *tool, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf said = {0};
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    pid_t pid;
    int fd, r = start(tool, true, &pid, &fd, err);
    if (r)
        return r;
    prog_progress("%s", tool->argv[0]);
    FILE *output = fdopen(fd, "r");
    while (output && (n = getline(&line, &room, output)) > 0) {
        str text = str_trim(str_n(line, (size_t)n - (line[n - 1] == '\n')));
        take_line(text, &said);
        if (text.len)
            prog_progress("%s: " STR_FMT, tool->argv[0], STR_ARG(text));
    }
    prog_progress_end();
    free(line);
    if (output)
        fclose(output);
    return await(tool, pid, buf_cstr(&said), err);
}

int cli_tool_read(const struct cli_tool *tool, struct buf *out, struct err *err) {
    pid_t pid;
    int fd, r = start(tool, false, &pid, &fd, err);
    if (r)
        return r;
    ssize_t n = 1;
    while (n > 0 && out->len < MOST_READ) {
        n = read(fd, buf_reserve(out, MOST_LINE), MOST_LINE);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            out->len += (size_t)n;
    }
    *buf_reserve(out, 0) = '\0';
    close(fd); /* before the wait: who has more to say fails, and does not wait for a reader */
    return await(tool, pid, "", err);
}

bool cli_tool_is_here(const char *name) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    str rest = str_c(getenv("PATH")), folder;
    if (strchr(name, '/'))
        return access(name, X_OK) == 0;
    while (rest.p) {
        str_cut(rest, ':', &folder, &rest);
        buf_clear(&path);
        buf_printf(&path, STR_FMT "/%s", STR_ARG(folder), name);
        if (access(buf_cstr(&path), X_OK) == 0)
            return true;
    }
    return false;
}
