#pragma once
/*
 * imgjob: the messages between the function and the image worker (docs/formats/imgjob.md).
 *
 * The function starts calotype-image, writes one request and the image's bytes to its stdin, and
 * reads one reply from its stdout. The worker has touched untrusted bytes, so the function
 * trusts the reply as little: every length is bounded here. Pure, no I/O.
 */
#include "base/buf.h"

enum {
    IMGJOB_MAX_DERIVATIVES = 8,
    IMGJOB_MAX_TEXT = 512,            /* Exif texts and reasons, after cleaning */
    IMGJOB_MAX_HEAD = 64 * 1024,      /* an encoded request or reply without the image bytes */
    IMGJOB_MAX_DERIVATIVE = 64 << 20, /* bytes of one derivative */
};

/*
 * ---- Request: imgjob_put_request, then `size` bytes of image ----
 * What the worker is to do with the one image it gets. The worker has no other source of settings:
 * no environment, no files.
 */
struct imgjob_request {
    uint64_t size;       /* bytes of image that follow */
    uint64_t max_pixels; /* width × height beyond this is refused before anything is allocated */
    bool keep_gps;
    size_t n;
    struct imgjob_wish {
        uint32_t edge;                /* the longer side; never enlarged */
        uint32_t quality;             /* JPEG, 1 to 100 */
    } wishes[IMGJOB_MAX_DERIVATIVES]; /* descending by edge */
};

/*
 * ---- Reply: a head, then the bytes of each derivative in order ----
 * What was found out about the image. A worker that dies sends none: that is fn/worker's to word.
 */
enum imgjob_status {
    IMGJOB_DONE,
    IMGJOB_REJECTED, /* not an image, over a limit, nothing decodable: reason says which */
};

struct imgjob_reply {
    enum imgjob_status status;
    str reason;             /* a sentence for people; empty when done without remarks */
    str format;             /* "jpeg", "png"; empty when unknown */
    uint32_t width, height; /* after orientation; 0 when unknown */
    uint32_t orientation;   /* Exif, 1 to 8; 1 when absent */
    uint32_t bit_depth;     /* of one channel */
    str color_space; /* "YCbCr", "RGB", "Gray", "CMYK", "Palette"; "…A" with transparency */
    bool truncated;  /* the file ends before the picture does */
    bool has_gps;
    double latitude, longitude; /* degrees; only with keep_gps */
    str make, model;            /* Exif, cleaned UTF-8 */
    str captured_at;            /* ISO 8601, with offset when the camera knew it */
    uint64_t phash;             /* 64-bit DCT hash */
    bool has_phash;
    str placeholder; /* BlurHash, 4 × 3 components */
    str warnings;    /* short words, comma-separated: "cmyk-converted" */
    uint64_t decode_us, resize_us, encode_us;
    size_t n;
    struct imgjob_derivative {
        uint32_t edge; /* as wished */
        uint32_t width, height;
        str content_type; /* "image/jpeg", "image/png" */
        uint64_t size;    /* bytes that follow the head, in this order */
    } derivatives[IMGJOB_MAX_DERIVATIVES];
};

/*
 * Append a head: magic, u32 length, fields. Bounds are the reader's to check; texts of a reply are
 * cut at IMGJOB_MAX_TEXT. The image's or the derivatives' bytes follow, and are the caller's to
 * add.
 */
void imgjob_put_request(struct buf *out, const struct imgjob_request *request);
void imgjob_put_reply(struct buf *out, const struct imgjob_reply *reply);

/*
 * Read a head from the front of bytes. > 0: its length (what follows is image bytes); 0: more bytes
 * are needed; -EBADMSG: not such a message, or over a bound. Texts are views into bytes.
 */
ptrdiff_t imgjob_get_request(str bytes, struct imgjob_request *ret_request);
ptrdiff_t imgjob_get_reply(str bytes, struct imgjob_reply *ret_reply);
