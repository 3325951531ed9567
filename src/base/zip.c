/* The ZIP archive that Lambda takes: headers by hand, bodies by zlib. */
#include "base/zip.h"

#include "base/crc.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    END = 0x06054b50,
    NEEDS = 20 /* version 2.0: deflate */,
    MADE_BY_UNIX = 3 << 8 | NEEDS,
    NAME_IS_UTF8 = 1 << 11,
    DEFLATE = 8,
    DOS_DATE = 1 << 5 | 1 /* 1980-01-01, the format's first day: no clock in the bytes */,
    LEVEL = 5 /* 2 % larger than 9, in a quarter of the time */
};

static void put16(struct buf *out, unsigned v) {
    const unsigned char bytes[] = {v & 0xff, v >> 8 & 0xff};
    buf_add(out, bytes, sizeof bytes);
}

static void put32(struct buf *out, uint32_t v) {
    put16(out, v & 0xffff);
    put16(out, v >> 16);
}

/* What the local header and the central directory say alike of an entry. */
static void put_facts(struct buf *out, uint32_t crc, size_t packed, str bytes, const char *name) {
    put16(out, NEEDS);
    put16(out, NAME_IS_UTF8);
    put16(out, DEFLATE);
    put16(out, 0); /* midnight */
    put16(out, DOS_DATE);
    put32(out, crc);
    put32(out, (uint32_t)packed);
    put32(out, (uint32_t)bytes.len);
    put16(out, (unsigned)strlen(name));
    put16(out, 0); /* extra field */
}

/* Raw deflate (no zlib header), behind what out has. */
static void deflate_into(struct buf *out, str bytes) {
    z_stream z = {0};
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); /* out of memory: docs/decisions/0001 */
    size_t room = deflateBound(&z, bytes.len);
    z.next_in = (unsigned char *)bytes.p;
    z.avail_in = (unsigned)bytes.len;
    z.next_out = (unsigned char *)buf_reserve(out, room);
    z.avail_out = (unsigned)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort(); /* deflateBound is enough */
    out->len += z.total_out;
    deflateEnd(&z);
}

int zip_add(struct zip *zip, const char *name, unsigned mode, str bytes, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    size_t at = zip->out.len;
    if (zip->n == UINT16_MAX)
        return err_set(err, -EFBIG, "there are more than %d files for a zip", UINT16_MAX);
    if (bytes.len > INT_MAX)
        return err_set(err, -EFBIG, "%s is too large for a zip", name);
    uint32_t crc = crc32_ieee(0, bytes.p, bytes.len);
    deflate_into(&packed, bytes);
    if (packed.len + at > INT_MAX)
        return err_set(err, -EFBIG, "the zip would be too large");

    put32(&zip->out, LOCAL);
    put_facts(&zip->out, crc, packed.len, bytes, name);
    buf_c(&zip->out, name);
    buf_str(&zip->out, buf_view(&packed));

    put32(&zip->central, CENTRAL);
    put16(&zip->central, MADE_BY_UNIX);
    put_facts(&zip->central, crc, packed.len, bytes, name);
    put16(&zip->central, 0); /* comment */
    put16(&zip->central, 0); /* disk */
    put16(&zip->central, 0); /* internal attributes */
    put32(&zip->central, (uint32_t)(S_IFREG | mode) << 16);
    put32(&zip->central, (uint32_t)at);
    buf_c(&zip->central, name);
    zip->n++;
    return 0;
}

void zip_end(struct zip *zip) {
    size_t at = zip->out.len;
    buf_str(&zip->out, buf_view(&zip->central));
    put32(&zip->out, END);
    put16(&zip->out, 0); /* this disk, and the one where the directory begins */
    put16(&zip->out, 0);
    put16(&zip->out, zip->n);
    put16(&zip->out, zip->n);
    put32(&zip->out, (uint32_t)zip->central.len);
    put32(&zip->out, (uint32_t)at);
    put16(&zip->out, 0); /* comment */
}

void zip_deinit(struct zip *zip) {
    buf_deinit(&zip->out);
    buf_deinit(&zip->central);
}
