/*
 * Layout: APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16. Method 0 (stored), so sizes and CRC are known at once.
 */
#include "cfn/zip1.h"

#include "base/crc.h"

enum { VERSION = 20, EARLIEST_DATE = 0x21 /* 1980-01-01 */ };
static const uint32_t mode_0755 = 0100755u << 16;

static void le16(struct buf *b, unsigned v) {
    buf_u8(b, (uint8_t)v);
    buf_u8(b, (uint8_t)(v >> 8));
}
static void le32(struct buf *b, uint32_t v) {
    le16(b, v & 0xFFFF);
    le16(b, v >> 16);
}

/* What the local and the central header share. */
static void common(struct buf *b, str name, str content) {
    le16(b, VERSION);
    le16(b, 0); /* flags */
    le16(b, 0); /* method */
    le16(b, 0); /* time */
    le16(b, EARLIEST_DATE);
    le32(b, crc32_ieee(0, content.p ? content.p : "", content.len));
    le32(b, (uint32_t)content.len);
    le32(b, (uint32_t)content.len);
    le16(b, (unsigned)name.len);
    le16(b, 0); /* extra */
}

void cfn_zip_one(struct buf *out, str name, str content) {
    size_t start = out->len;
    le32(out, 0x04034b50);
    common(out, name, content);
    buf_str(out, name);
    buf_str(out, content);

    size_t central = out->len;
    le32(out, 0x02014b50);
    le16(out, 3 << 8 | VERSION); /* made on Unix */
    common(out, name, content);
    le16(out, 0); /* comment */
    le16(out, 0); /* disk */
    le16(out, 0); /* internal attributes */
    le32(out, mode_0755);
    le32(out, 0); /* offset of the local header */
    buf_str(out, name);

    size_t end = out->len;
    le32(out, 0x06054b50);
    le16(out, 0);
    le16(out, 0);
    le16(out, 1);
    le16(out, 1);
    le32(out, (uint32_t)(end - central));
    le32(out, (uint32_t)(central - start));
    le16(out, 0);
}
