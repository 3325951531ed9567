/*
 * The gate, in two ways. On heads cut at line ends, first line "METHOD TARGET VERSION", then
 * "name:value" lines: what it lets in must hold what it promises. And on bytes as they come, taken
 * apart as leniently as libmicrohttpd 0.9.75 does: what it lets in must be RFC 9112's form.
 */
#include "net/gate.h"

#include "base/own.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rules(str rest) {
    str all = rest, line, method, target, version, name, value;
    str_cut(rest, '\n', &line, &rest);
    str_cut(line, ' ', &method, &line);
    str_cut(line, ' ', &target, &version);

    struct gate g;
    gate_start(&g, method, target, version, STR_NONE);
    unsigned hosts = 0, lengths = 0, codings = 0;
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        str_cut(line, ':', &name, &value);
        gate_header(&g, name, value);
        hosts += str_eq_nocase(name, S("host"));
        lengths += str_eq_nocase(name, S("content-length"));
        codings += str_eq_nocase(name, S("transfer-encoding"));
    }
    /* What is garbage from its first bytes on is no head; where lines end is not of interest. */
    ptrdiff_t lf = str_chr(all, '\n');
    bool garbage = gate_is_garbage(str_slice(all, 0, lf < 0 ? all.len : (size_t)lf));
    if (gate_finish(&g) == 0 && (hosts > 1 || garbage || lengths + codings > 1 || target.len == 0 ||
                                 str_chr(target, ' ') >= 0))
        abort();
}

/* ---- As the library takes it apart ---- */

enum { MOST_LINES = 200 };

/*
 * get_next_header_line: makes zero bytes of the lines' ends. Returns how many lines stand before the
 * one that begins with a zero byte, and where that ends; 0: there is none. A colon is a zero byte by
 * then, but in the first line behind the request line.
 */
static size_t take_lines(char *p, char *limit, char *ret_lines[MOST_LINES], char **ret_end) {
    char *lf;
    for (size_t n = 0; n < MOST_LINES && (lf = memchr(p, '\n', (size_t)(limit - p))); n++) {
        if (lf > p && lf[-1] == '\r')
            lf[-1] = '\0';
        *lf = '\0';
        ret_lines[n] = p;
        if (n > 1 && *p == ':')
            *p = '\0';
        if (*p == '\0') {
            *ret_end = lf + 1;
            return n;
        }
        p = lf + 1;
    }
    return 0;
}

/* parse_initial_message_line: blanks before the target and behind the version are skipped. */
static bool take_request_line(char *line, size_t len, char **ret_target, char **ret_version) {
    char *p = memchr(line, ' ', len), *end = line + len;
    if (!p)
        return false;
    *p++ = '\0';
    while (p < end && *p == ' ')
        p++;
    char *v = end - 1;
    while (v > p && *v == ' ')
        v--;
    while (v > p && *v != ' ')
        v--;
    if (v <= p)
        return false;
    *v = '\0';
    *ret_target = p;
    *ret_version = v + 1;
    return true;
}

static bool take_header(struct gate *g, char *line) {
    char *colon = strchr(line, ':');
    if (!colon)
        return false;
    *colon++ = '\0';
    colon += strspn(colon, " \t");
    gate_header(g, str_c(line), str_c(colon));
    return true;
}

/* The head's length where the gate lets it in, and 0. */
static size_t let_in(char *p, size_t size) {
    struct gate g;
    char *lines[MOST_LINES], *end, *target, *version;
    size_t n = take_lines(p, p + size, lines, &end);
    if (n == 0 || !take_request_line(p, strlen(p), &target, &version))
        return 0;
    size_t head_len = (size_t)(end - p);
    gate_start(&g, str_c(p), str_c(target), str_c(version), str_n(p, head_len));
    for (size_t i = 1; i < n; i++)
        if (*lines[i] == ' ' || *lines[i] == '\t' || !take_header(&g, lines[i]))
            return 0; /* a fold is copied elsewhere: tests/net/test_heads.c */
    return gate_finish(&g) == 0 ? head_len : 0;
}

/*
 * Lines that end with CRLF and nothing else, or with what looks the same once the ends are zero
 * bytes: two of CR, LF and NUL behind each line, and four behind the last, where a line may also
 * begin with a colon.
 */
static bool is_in_form(str head) {
    unsigned blanks = 0, run = 0, lines = 0;
    for (size_t i = 0; i < head.len; i++) {
        bool of_end = memchr("\r\n", head.p[i], 3) != NULL || /* its NUL, too */
                      (run && lines > 1 && head.p[i] == ':');
        if (!of_end && run && run != 2)
            return false;
        lines += of_end && run == 0;
        run = of_end ? run + 1 : 0;
        blanks += lines == 0 && head.p[i] == ' ';
    }
    return run == 4 && blanks == 2;
}

static void walk(str bytes) {
    CLEANUP_MEM char *copy = mem_zalloc(bytes.len + 1);
    memcpy(copy, bytes.p, bytes.len);
    size_t len = let_in(copy, bytes.len);
    if (len && !is_in_form(str_slice(bytes, 0, len)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    rules(str_n(data, size));
    walk(str_n(data, size));
    return 0;
}
