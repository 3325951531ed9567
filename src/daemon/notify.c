/*
 * daemon/notify: the protocol of sd_notify(3): one datagram of lines to a unix socket, by its path or
 * by a name without one ("@name"). Other kinds of sockets (vsock) are for virtual machines.
 */
#include "daemon/notify.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 5, MOST_WORDS = 1000 };

/* Set by the first thread before there are others. */
static struct sockaddr_un manager;
static socklen_t manager_len; /* 0: there is none */
static int64_t watchdog_ms;
static int to_manager = -1;
static atomic_bool told; /* that it does not read */

static bool set_manager(const char *name) {
    size_t n = name ? strlen(name) : 0;
    if (n < 2 || n >= sizeof manager.sun_path || (name[0] != '/' && name[0] != '@'))
        return false;
    manager = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(manager.sun_path, name, n);
    if (name[0] == '@')
        manager.sun_path[0] = '\0';
    manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'));
    return true;
}

/* sd_watchdog_enabled(3): without a WATCHDOG_PID it is whoever reads it. */
static int64_t read_watchdog(void) {
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t us = 0, who = (uint64_t)getpid();
    if (!usec || !str_to_u64(str_c(usec), &us) || (pid && !str_to_u64(str_c(pid), &who)))
        return 0;
    return who == (uint64_t)getpid() && us < INT64_MAX ? (int64_t)(us / 1000) : 0;
}

void daemon_notify_begin(void) {
    static const char *const names[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    manager_len = 0;
    fd_closep(&to_manager);
    if (set_manager(getenv("NOTIFY_SOCKET"))) {
        to_manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        setsockopt(to_manager, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    watchdog_ms = read_watchdog();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
}

bool daemon_notify_is_on(void) { return manager_len != 0; }
int64_t daemon_notify_watchdog_ms(void) { return daemon_notify_is_on() ? watchdog_ms : 0; }

static void send_text(str text) {
    ssize_t n;
    do
        n = sendto(to_manager, text.p, text.len, MSG_NOSIGNAL, (struct sockaddr *)&manager,
                   manager_len);
    while (n < 0 && errno == EINTR);
    int why = errno;
    if (n < 0 && !atomic_exchange(&told, true))
        log_warn("daemon", "the service manager cannot be told how the daemon is: %s",
                 strerror(why));
}

void daemon_notify(const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    if (!daemon_notify_is_on())
        return;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    send_text(buf_view(&text));
}

void daemon_notify_status(const char *words, const char *more) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    size_t n = strnlen(words, MOST_WORDS);
    while (n > 0 && ((unsigned char)words[n] & 0xC0) == 0x80)
        n--; /* a manager drops a line that is no UTF-8 */
    for (size_t i = 0; i < n; i++)
        buf_char(&line, (unsigned char)words[i] < ' ' ? ' ' : words[i]);
    daemon_notify("STATUS=%s\n%s", buf_cstr(&line), more);
}
