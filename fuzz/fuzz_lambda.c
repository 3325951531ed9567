/*
 * Lambda's parsers: names and ARNs, rows of the queue, and deployment packages, by the first byte.
 */
#include "svc/lambda/code.h"
#include "svc/lambda/fn.h"
#include "svc/lambda/row.h"

#include <stdio.h>
#include <unistd.h>

static bool keep_none(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return false;
}

static char dir[64]; /* in memory where possible: most of the time goes into files */

static void remove_dir(void) {
    char boot[64];
    lambda_code_sweep(dir, keep_none, NULL);
    snprintf(boot, sizeof boot, "%s/boot", dir);
    unlink(boot);
    rmdir(dir);
}

static void unpack(str zip) {
    static bool made;
    struct err err;
    if (!made)
        snprintf(dir, sizeof dir, "%s/calotype-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!made && !mkdtemp(dir))
        return;
    if (!made)
        atexit(remove_dir);
    made = true;
    if (lambda_code_unpack(dir, zip, "whole", &err) == 0)
        lambda_code_sweep(dir, keep_none, NULL);
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
