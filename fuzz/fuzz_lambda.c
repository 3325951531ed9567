/*
 * Lambda's parsers: names and ARNs, rows of the queue, and deployment packages, by the first byte.
 */
#include "base/io.h"
#include "svc/lambda/code.h"
#include "svc/lambda/fn.h"
#include "svc/lambda/row.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int none_named(void *, struct map *) { return 0; }

static char data_dir[64]; /* in memory where possible: most of the time goes into files */
static struct store *store;
static struct lambda_code *code;

static void close_all(void) {
    code = lambda_code_free(code);
    store = store_free(store);
    io_remove_tree(AT_FDCWD, data_dir);
}

static bool open_all(void) {
    struct err err;
    snprintf(data_dir, sizeof data_dir, "%s/calotype-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(data_dir))
        return false;
    const struct store_options options = {.data = data_dir, .reserve_bytes = 1};
    if (store_open(&store, &options, &err))
        return false;
    code = lambda_code_new(store);
    atexit(close_all);
    return true;
}

static void unpack(str zip) {
    struct err err;
    if (!code && !open_all())
        __builtin_trap();
    if (lambda_code_unpack(code, store, zip, "whole", &err) == 0)
        lambda_code_sweep(code, none_named, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    str rest = str_n(data + 1, size - 1);
    struct lambda_name name;
    struct lambda_queue_row row;
    if (data[0] % 8 == 2)
        unpack(rest);
    else if (data[0] % 2)
        lambda_queue_row_decode(rest, &row);
    else
        lambda_name_parse(rest, S("000000000000"), S("us-east-1"), &name);
    return 0;
}
