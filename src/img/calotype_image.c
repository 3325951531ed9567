/*
 * calotype-image: the only program that touches image bytes. Reads one request and one image from
 * stdin, writes derivatives and a result to stdout, ends. See imgjob/imgjob.h for the messages and img/jail.h for
 * the walls.
 *
 *   calotype-image [--memory BYTES] [--cpu SECONDS] [--no-seccomp]
 *
 * Exit: imgjob/ends.h.
 */
#include "base/io.h"
#include "img/derive.h"
#include "img/jail.h"
#include "imgjob/ends.h"

#include <stdio.h>
#include <unistd.h>

static int usage(void) {
    fputs(
        "usage: calotype-image [--memory BYTES] [--cpu SECONDS] [--no-seccomp] < REQUEST > ANSWER\n",
        stderr);
    return IMGJOB_END_USAGE;
}

static bool parse(int argc, char **argv, struct img_jail *jail) {
    for (int i = 1; i < argc; i++) {
        str option = str_c(argv[i]), value = i + 1 < argc ? str_c(argv[i + 1]) : S("");
        if (str_is(option, "--no-seccomp"))
            jail->seccomp = false;
        else if ((str_is(option, "--memory") && str_to_u64(value, &jail->memory_bytes)) ||
                 (str_is(option, "--cpu") && str_to_u64(value, &jail->cpu_seconds)))
            i++;
        else
            return false;
    }
    return true;
}

/* The head arrives in the first read or two; what came with it of the image stays in front. */
static bool read_request(struct imgjob_request *request, struct buf *front, str *ret_begun) {
    ptrdiff_t head;
    while ((head = imgjob_get_request(buf_view(front), request)) == 0) {
        char *at = buf_reserve(front, 4096);
        ssize_t got = read(STDIN_FILENO, at, 4096);
        if (got <= 0)
            return false;
        front->len += (size_t)got;
    }
    *ret_begun = head > 0 ? str_skip(buf_view(front), (size_t)head) : STR_NONE;
    return head > 0 && ret_begun->len <= request->size;
}

static bool read_image(size_t size, str begun, struct buf *image) {
    buf_reserve(image, size);
    buf_str(image, begun);
    if (io_read_full(STDIN_FILENO, image->p + image->len, size - image->len) != 0)
        return false;
    image->len = size;
    return true;
}

static bool send(struct img_sink *, str bytes) {
    return io_write_full(STDOUT_FILENO, bytes.p, bytes.len) == 0;
}

int main(int argc, char **argv) {
    struct img_jail jail = {.seccomp = true};
    struct err err;
    if (!parse(argc, argv, &jail))
        return usage();
    if (img_jail_enter(&jail, &err) != 0) {
        fprintf(stderr, "calotype-image: %s\n", err.text);
        return IMGJOB_END_JAIL;
    }
    CLEANUP_DEINIT(buf) struct buf front = {0}, image = {0};
    struct imgjob_request request;
    str begun;
    if (!read_request(&request, &front, &begun))
        return IMGJOB_END_REQUEST;
    if (img_file_fits(jail.memory_bytes, request.size) && !read_image(request.size, begun, &image))
        return IMGJOB_END_REQUEST;
    struct img_sink out = {send};
    bool sent = img_process(&request, jail.memory_bytes, buf_view(&image), &out);
    return sent ? IMGJOB_END_OK : IMGJOB_END_REQUEST;
}
