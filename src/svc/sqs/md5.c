/* The digests that SDKs compare: of bodies, and of message attributes. */
#include "base/codec.h"
#include "svc/sqs/queue.h"

#include <openssl/evp.h>
#include <pthread.h>

/* Fetched once: OpenSSL looks a digest up in its tables each time that it is named. */
static EVP_MD *md5;
static void fetch(void) { md5 = EVP_MD_fetch(NULL, "MD5", NULL); }

void sqs_md5(str bytes, char hex[33]) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    unsigned char digest[16];
    pthread_once(&once, fetch);
    if (!md5 || !EVP_Digest(bytes.p ? bytes.p : "", bytes.len, digest, NULL, md5, NULL))
        abort();
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
