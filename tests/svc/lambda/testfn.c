/*
 * A function for the tests, static, with its own few lines of HTTP. The event's "do" says what:
 *   echo (default), error, tell ("text"), exit, sleep, oom, fork, log, env, count, big, api, twice,
 *   flood (prints "bytes":N of what "of" names: newlines, binary, one line, EMF documents, lines)
 * or one of the hostile ones of testfn_hostile.c, or of testfn_lives.c.
 * The variable INIT says how it starts: error, exit, slow, stale; absent: well.
 */
#include "testfn.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 8 * 1024 * 1024 };
static char in[BUFFER];
char event[BUFFER], id[64];
static size_t event_len;
static int count;

int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to))
        exit(90);
    return fd;
}

static void send_all(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t sent = write(fd, p, n);
        if (sent <= 0)
            exit(91);
        p += sent;
        n -= (size_t)sent;
    }
}

int call(int port, const char *method, const char *path, const char *headers, const char *body,
         size_t n) {
    char head[1024];
    int fd = dial(port);
    int len = snprintf(
        head, sizeof head,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
        method, path, headers, n);
    send_all(fd, head, (size_t)len);
    send_all(fd, body, n);
    size_t all = 0;
    for (ssize_t got; all < BUFFER - 1 && (got = read(fd, in + all, BUFFER - 1 - all)) > 0;)
        all += (size_t)got;
    in[all] = '\0';
    close(fd);
    int status = 0;
    sscanf(in, "HTTP/1.1 %d", &status);
    char *start = strstr(in, "\r\n\r\n");
    event_len = start ? all - (size_t)(start + 4 - in) : 0;
    if (start)
        memcpy(event, start + 4, event_len);
    event[event_len] = '\0';
    return status;
}

static void header(const char *name, char *out, size_t room) {
    char *at = strcasestr(in, name);
    out[0] = '\0';
    if (at)
        snprintf(out, room, "%.*s", (int)strcspn(at + strlen(name) + 2, "\r\n"),
                 at + strlen(name) + 2);
}

bool wants(const char *what) {
    char text[64];
    snprintf(text, sizeof text, "\"do\":\"%s\"", what);
    return strstr(event, text) != NULL;
}

int respond(const char *body, size_t n) {
    char path[160];
    snprintf(path, sizeof path, "/2018-06-01/runtime/invocation/%s/response", id);
    return call(9001, "POST", path, "", body, n);
}

void respond_text(const char *body) { respond(body, strlen(body)); }

static void fail_saying(const char *message) {
    char path[160], body[256];
    snprintf(body, sizeof body, "{\"errorMessage\":\"%s\",\"errorType\":\"Wanted\"}", message);
    snprintf(path, sizeof path, "/2018-06-01/runtime/invocation/%s/error", id);
    call(9001, "POST", path, "Lambda-Runtime-Function-Error-Type: Function.Wanted\r\n", body,
         strlen(body));
}

static void fail(void) { fail_saying("as wanted"); }

/* The event's "text" in both outputs, and in the error. */
static void tell(void) {
    char text[100] = "";
    const char *at = strstr(event, "\"text\":\"");
    if (at)
        sscanf(at, "\"text\":\"%99[^\"]", text);
    printf("%s\n", text);
    fflush(stdout);
    fprintf(stderr, "%s\n", text);
    fail_saying(text);
}

static void eat_memory(void) {
    for (;;) {
        char *p = malloc(1 << 20);
        if (!p)
            abort();
        memset(p, 1, 1 << 20);
        usleep(200);
    }
}

static void tell_environment(void) {
    extern char **environ;
    static char out[65536];
    size_t n = (size_t)snprintf(out, sizeof out, "{\"deadline\":\"x\"");
    for (char **e = environ; *e; e++) {
        char *eq = strchr(*e, '=');
        if (eq && !strpbrk(*e, "\"\\\n"))
            n += (size_t)snprintf(out + n, sizeof out - n, ",\"%.*s\":\"%s\"", (int)(eq - *e), *e,
                                  eq + 1);
    }
    n += (size_t)snprintf(out + n, sizeof out - n, "}");
    respond(out, n);
}

static void log_lines(void) {
    printf("one\ntwo\n");
    fflush(stdout);
    fprintf(stderr, "three\n");
    printf("bytes \xff and no newline");
    fflush(stdout);
    respond_text("\"logged\"");
}

static void ask_api(void) {
    char text[64];
    int status = call(80, "GET", "/health", "", "", 0);
    snprintf(text, sizeof text, "{\"status\":%d}", status);
    respond_text(text);
}

static void answer_twice(void) {
    char path[160], text[64];
    snprintf(path, sizeof path, "/2018-06-01/runtime/invocation/%s/response", id);
    respond_text("\"first\"");
    int status = call(9001, "POST", path, "", "\"second\"", 8);
    snprintf(text, sizeof text, "second answer got %d\n", status);
    (void)!write(1, text, strlen(text));
}

static void too_big(void) {
    static char big[6 * 1024 * 1024 + 101];
    memset(big, 'x', sizeof big);
    big[0] = big[sizeof big - 1] = '"';
    printf("big answer got %d\n", respond(big, sizeof big));
    fflush(stdout);
}

/* ---- Floods ---- */
static char chunk[256 * 1024];

static size_t fill_emf(void) {
    size_t n = 0;
    char doc[8192];
    size_t len = (size_t)snprintf(
        doc, sizeof doc,
        "{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"Bomb\",\"Dimensions\":[");
    for (int i = 0; i < 30; i++)
        len += (size_t)snprintf(doc + len, sizeof doc - len, "%s[\"d%d\"]", i ? "," : "", i);
    len += (size_t)snprintf(doc + len, sizeof doc - len, "],\"Metrics\":[");
    for (int i = 0; i < 100; i++)
        len +=
            (size_t)snprintf(doc + len, sizeof doc - len, "%s{\"Name\":\"m%d\"}", i ? "," : "", i);
    len += (size_t)snprintf(doc + len, sizeof doc - len, "]}]}");
    for (int i = 0; i < 30; i++)
        len += (size_t)snprintf(doc + len, sizeof doc - len, ",\"d%d\":\"v\"", i);
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(doc + len, sizeof doc - len, ",\"m%d\":%d", i, i);
    len += (size_t)snprintf(doc + len, sizeof doc - len, "}\n");
    for (; n + len <= sizeof chunk; n += len)
        memcpy(chunk + n, doc, len);
    return n;
}

/* A piece of what the event names; its length. */
static size_t fill_chunk(void) {
    unsigned seed = 1;
    if (strstr(event, "\"of\":\"emf\""))
        return fill_emf();
    for (size_t i = 0; i < sizeof chunk; i++) {
        seed = seed * 1664525 + 1013904223;
        chunk[i] = strstr(event, "\"of\":\"binary\"")  ? (char)(seed >> 24)
                   : strstr(event, "\"of\":\"one\"")   ? 'x'
                   : strstr(event, "\"of\":\"lines\"") ? (i % 100 == 99 ? '\n' : 'y')
                                                       : '\n';
    }
    return strstr(event, "\"of\":\"lines\"") ? sizeof chunk / 100 * 100 : sizeof chunk;
}

static void flood(void) {
    const char *many = strstr(event, "\"bytes\":");
    size_t left = many ? (size_t)atoll(many + 8) : 0, n = fill_chunk();
    while (left > 0) {
        size_t now = left < n ? left : n;
        send_all(1, chunk, now);
        left -= now;
    }
    send_all(1, "\nthe last line\n", 15);
    respond_text("\"flooded\"");
}

static void handle(void) {
    char text[128];
    count++;
    if (wants("error"))
        fail();
    else if (wants("tell"))
        tell();
    else if (wants("exit"))
        exit(3);
    else if (wants("sleep"))
        sleep(1000);
    else if (wants("nap")) {
        usleep(150000);
        respond_text("\"rested\"");
    } else if (wants("oom"))
        eat_memory();
    else if (wants("fork")) {
        if (fork() == 0)
            sleep(1000);
        respond_text("\"forked\"");
    } else if (wants("log"))
        log_lines();
    else if (wants("env"))
        tell_environment();
    else if (wants("count")) {
        snprintf(text, sizeof text, "{\"count\":%d,\"pid\":%d}", count, (int)getpid());
        respond_text(text);
    } else if (wants("big"))
        too_big();
    else if (wants("api"))
        ask_api();
    else if (wants("twice"))
        answer_twice();
    else if (wants("flood"))
        flood();
    else if (!lives() && !hostile())
        respond(event, event_len);
}

static void start(void) {
    begin_life();
    static const char body[] = "{\"errorMessage\":\"cannot start\",\"errorType\":\"Runtime.Bad\"}";
    if (starts("error")) {
        call(9001, "POST", "/2018-06-01/runtime/init/error",
             "Lambda-Runtime-Function-Error-Type: Runtime.Bad\r\n", body, sizeof body - 1);
        exit(1);
    }
    if (starts("exit"))
        exit(4);
    if (starts("slow")) {
        (void)!write(1, "slow\n", 5);
        sleep(1000);
    }
    if (starts("stale"))
        leave_complaints();
}

int main(void) {
    start();
    for (;;) {
        if (call(9001, "GET", "/2018-06-01/runtime/invocation/next", "", "", 0) != 200)
            return 92;
        header("Lambda-Runtime-Aws-Request-Id", id, sizeof id);
        handle();
    }
}
