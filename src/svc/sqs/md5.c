/* The digests that SDKs compare: of bodies, and of message attributes. */
#include "base/codec.h"
#include "base/md5.h"
#include "svc/sqs/queue.h"

void sqs_md5(str bytes, char hex[33]) {
    unsigned char digest[MD5_LEN];
    md5_of(bytes, digest);
    codec_hex(hex, digest, sizeof digest);
    hex[32] = '\0';
}

static void add_counted(struct buf *out, str bytes) {
    buf_u32(out, (uint32_t)bytes.len);
    buf_str(out, bytes);
}

static void add_attribute(struct buf *out, str name, const json_t *value) {
    enum { TEXT = 1, BINARY = 2 };
    str type = json_str(value, "DataType"), binary = json_str(value, "BinaryValue");
    add_counted(out, name);
    add_counted(out, type);
    if (str_starts(type, S("Binary"))) {
        CLEANUP_DEINIT(buf) struct buf bytes = {0};
        (void)codec_unbase64(&bytes, binary);
        buf_u8(out, BINARY);
        add_counted(out, buf_view(&bytes));
    } else {
        buf_u8(out, TEXT);
        add_counted(out, json_str(value, "StringValue"));
    }
}

static int cmp_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void sqs_md5_attributes(const json_t *attributes, char hex[33]) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    size_t n = json_object_size(attributes), at = 0;
    const char *name;
    json_t *value;
    CLEANUP_MEM const char **names = mem_alloc((n + 1) * sizeof *names);
    json_object_foreach ((json_t *)attributes, name, value)
        names[at++] = name;
    qsort(names, n, sizeof *names, cmp_names);
    for (size_t i = 0; i < n; i++)
        add_attribute(&text, str_c(names[i]), json_object_get(attributes, names[i]));
    sqs_md5(buf_view(&text), hex);
}
