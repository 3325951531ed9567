#pragma once
/*
 * img/source: a file that the decoder of its format has opened: what it says of itself, then its pixels as rows.
 * Everything is decided from the head, before a pixel is decoded or memory for one is allocated.
 */
#include "base/buf.h"
#include "base/outcomes.h"
#include "img/planes.h"

enum {
    IMG_REASON_MAX = 200, /* with its NUL */
    /* Bytes of a colour profile that is looked at; a larger one is dropped with a warning. */
    IMG_ICC_MAX = 4 << 20,
    IMG_EXIF_BLOCKS = 8, /* that are looked at */
};

/* The file is at fault: not of the format, over a limit, or nothing of it can be decoded. */
enum { IMG_E_REJECTED = OUTCOMES_IMG };

/* What a PNG says of its colours beside a profile. Source: the PNG specification, third edition. */
struct img_said {
    bool has_srgb, has_gama, has_chrm, has_cicp;
    uint32_t gama;    /* times 100,000 */
    uint32_t chrm[8]; /* white x, y, red x, y, green x, y, blue x, y; times 100,000 */
    uint8_t cicp[4];  /* primaries, transfer, matrix, full range */
};

/* Words for the row's Warnings, one bit each; img/describe.c has the words. */
enum img_warning {
    IMG_WARN_DAMAGED = 1 << 0, /* "damaged-data": decoded, but the decoder had to guess */
    IMG_WARN_CHECKSUM =
        1 << 1, /* "wrong-checksum": the pixels are there, a CRC or Adler does not fit */
    IMG_WARN_CMYK = 1 << 2,         /* "cmyk-converted" */
    IMG_WARN_CMYK_PROFILE = 1 << 3, /* "cmyk-profile-ignored" */
    IMG_WARN_PROFILE_DROPPED =
        1 << 4, /* "profile-dropped": too large, unsound, or of another colour space */
    IMG_WARN_PROFILE_UNKNOWN =
        1 << 5,                 /* "profile-not-converted": kept, for it cannot be converted */
    IMG_WARN_METADATA = 1 << 6, /* "metadata-skipped": more or larger than is looked at */
    IMG_WARN_HDR = 1 << 7,      /* "hdr-transfer": PQ or HLG, shown as if it were SDR */
};

/* Zeroed it is empty. Views point into the file, or into what the source owns. */
struct img_head {
    uint32_t width, height; /* as stored */
    unsigned bit_depth;     /* of one channel */
    const char *
        color_space; /* for the row: "YCbCr", "RGB", "Gray", "CMYK", "Palette"; "...A" with transparency */
    enum img_space space; /* of the decoded rows: what comes out is grey where the file is */
    bool alpha;
    bool progressive;          /* JPEG, or an interlaced PNG */
    str exif[IMG_EXIF_BLOCKS]; /* TIFF structures, without "Exif\0\0", in the file's order */
    size_t n_exif;
    str xmp;        /* the first standard packet; perhaps empty */
    str iptc;       /* IPTC-IIM data sets (JPEG: from Photoshop's image resources); perhaps empty */
    struct buf icc; /* the whole profile; empty: none */
    struct img_said said;
    /* From the TIFF header of a JPEG's multi-picture index (CIPA DC-007) to the file's end: its offsets count from there */
    str mpf;
    bool has_gain_map_marker; /* ISO 21496-1's APP2; PNG has none yet but a proposal */
    unsigned warnings;        /* enum img_warning, of what the head shows */
};

/* One stream of rows. */
struct img_component {
    uint32_t width, height; /* of its rows, at the reduction asked for */
    double across,
        down; /* how many of those samples the picture covers: its width and height, reduced
                                 and not rounded (a 4:2:0 chroma of 101 columns covers 50.5) */
    unsigned channels; /* interleaved samples */
};
struct img_layout {
    unsigned n; /* 1, or 3 of a JPEG whose components stay apart */
    struct img_component of[3];
};

/* How the decoding ended. */
struct img_outcome {
    bool truncated;    /* pixels are missing */
    unsigned warnings; /* enum img_warning */
};

/* The next row of component `of`; rows of one component come from the top. Borrowed for the call; IMG_PLANE_PAD bytes
 * behind it may be read. */
typedef void img_row_fn(void *ctx, unsigned of, const uint8_t *row);

struct img_source;

/* A format's decoder. Out of memory ends the worker with its own exit code (img/ends.h), it is no outcome. */
struct img_decoder {
    /*
     * Reads the head; file is borrowed until close. 0 and a new source, or IMG_E_REJECTED with a sentence for people
     * in reason: what is wrong with the file, in words that need no knowledge of decoders. *ret is set then too
     * (with what is known) unless nothing is.
     */
    int (*open)(str file, struct img_source **ret, char reason[IMG_REASON_MAX]);
    /* The largest reduction (1, 2, 4, 8) that leaves at least width x height with the margin that quality needs. */
    unsigned (*reduction)(const struct img_source *source, uint32_t width, uint32_t height);
    void (*layout)(const struct img_source *source, unsigned reduction, struct img_layout *ret);
    /* Bytes that decode allocates at most, the cheapest way there is: compared with the limit before. */
    uint64_t (*need)(const struct img_source *source, unsigned reduction);
    /*
     * Every row of every component, the missing ones filled (JPEG as libjpeg does, PNG with zeros). memory: bytes that it may
     * allocate; at least need(), and a faster way is taken where there is more. Once for a source. 0 or
     * IMG_E_REJECTED with reason: nothing of it can be decoded.
     */
    int (*decode)(struct img_source *source, unsigned reduction, uint64_t memory, img_row_fn *row,
                  void *ctx, struct img_outcome *ret, char reason[IMG_REASON_MAX]);
    void (*close)(struct img_source *source);
};

/* Decoders embed it as their first member. */
struct img_source {
    const struct img_decoder *decoder;
    struct img_head head;
};
extern const struct img_decoder img_jpeg_decoder, img_png_decoder;
