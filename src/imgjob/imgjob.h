#pragma once
/*
 * imgjob: the messages between the function and the image worker (docs/formats/imgjob.md).
 *
 * The function starts calotype-image and writes one request and the image's bytes to its stdin, as they come. The worker
 * writes derivatives to its stdout, each as soon as it is encoded, and last one result. The worker has touched
 * untrusted bytes, so the function trusts it as little: every length is bounded here. Pure, no I/O.
 */
#include "base/buf.h"

enum {
    IMGJOB_MAX_DERIVATIVES = 8,
    IMGJOB_MAX_EDGE = 16384,
    IMGJOB_MAX_TEXT = 512,            /* bytes of a text, after cleaning */
    IMGJOB_MAX_HEAD = 64 * 1024,      /* a message without the bytes of image */
    IMGJOB_MAX_DERIVATIVE = 64 << 20, /* bytes of one derivative */
};

/* ---- Request: imgjob_put_request, then `size` bytes of image ---- */
enum imgjob_fit {
    IMGJOB_INSIDE, /* as large as fits the box */
    IMGJOB_COVER, /* the box's shape, by a plain centre crop; smaller than the box where the picture is */
    IMGJOB_EXACT, /* the box's size: as COVER, and a smaller picture is centred on white (on nothing where it
                      is transparent) */
};
struct imgjob_wish {
    uint32_t width, height; /* the box, 1 to IMGJOB_MAX_EDGE; nothing is ever enlarged */
    enum imgjob_fit fit;
    unsigned quality; /* of JPEG, 1 to 100 */
};
/* The worker has no other source of settings: no environment, no files. */
struct imgjob_request {
    uint64_t size;       /* bytes of image that follow */
    uint64_t max_pixels; /* width * height beyond this is refused before anything is allocated */
    bool keep_gps;
    bool keep_profiles; /* false: profiles are converted to sRGB */
    size_t n;
    struct imgjob_wish wishes[IMGJOB_MAX_DERIVATIVES]; /* in any order */
};

/* ---- Answer: any number of derivatives, then one result, nothing behind it ---- */
struct imgjob_derivative {
    uint32_t wish; /* its place in the request's wishes; each at most once */
    uint32_t width, height;
    str content_type; /* "image/jpeg", "image/png" */
    uint64_t size;    /* bytes that follow the message */
};
enum imgjob_status {
    IMGJOB_DONE, /* all that was wished was sent */
    IMGJOB_REJECTED, /* not an image, over a limit, nothing decodable: reason says which; derivatives that were sent
                        are void */
    IMGJOB_NO_ROOM, /* rejected before decoding, for the memory that the worker may have: with more it might do */
};
struct imgjob_result {
    enum imgjob_status status;
    str reason; /* a sentence for people; empty when done without remarks */
#define IMGJOB_TEXT                    str
#define IMGJOB_NUMBER                  double
#define IMGJOB_COUNT                   uint64_t
#define IMGJOB_FLAG                    bool
#define FIELD(kind, member, attribute) IMGJOB_##kind member;
#include "imgjob/fields.def"
#undef FIELD
    uint64_t probe_us, decode_us, resize_us,
        encode_us; /* processor time would be another thing: these are by the clock */
};
/* A zeroed result says latitude 0: this one says nothing. */
struct imgjob_result imgjob_result_none(void);

/* The table of fields, for those who walk it. */
enum imgjob_kind { IMGJOB_KIND_TEXT, IMGJOB_KIND_NUMBER, IMGJOB_KIND_COUNT, IMGJOB_KIND_FLAG };
struct imgjob_field {
    enum imgjob_kind kind;
    size_t at;             /* offset in struct imgjob_result */
    const char *attribute; /* of the row */
};
extern const struct imgjob_field imgjob_fields[];
extern const size_t imgjob_n_fields;

/* Append a message. Bounds are the reader's to check; texts are cut at IMGJOB_MAX_TEXT, at a character's border. */
void imgjob_put_request(struct buf *out, const struct imgjob_request *request);
void imgjob_put_derivative(struct buf *out,
                           const struct imgjob_derivative *derivative); /* its bytes follow */
void imgjob_put_result(struct buf *out, const struct imgjob_result *result);

/*
 * Read a message from the front of bytes. > 0: its length (a derivative's or image's bytes are behind it); 0: more bytes
 * are needed; -EBADMSG: not such a message, or over a bound. Texts are views into bytes.
 */
ptrdiff_t imgjob_get_request(str bytes, struct imgjob_request *ret_request);
struct imgjob_message {
    bool is_result;
    struct imgjob_derivative derivative; /* when it is none */
    struct imgjob_result result;
};
ptrdiff_t imgjob_get_message(str bytes, struct imgjob_message *ret_message);
