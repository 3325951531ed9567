#pragma once
/*
 * img/jpeg_walk: the markers of a JPEG file, found in one pass that costs no more than reading the file once, whatever it
 * says: what the picture is, where its metadata lies, and the pieces that a decoder needs. Views point into the file,
 * which must stay. Source: ITU-T T.81, annex B; DNL is B.2.5.
 */
#include "base/buf.h"
#include "img/source.h"

enum {
    IMG_JPEG_COMPONENTS = 4, /* most that are decoded */
    IMG_JPEG_SOF_MAX = 10 + 3 * IMG_JPEG_COMPONENTS,
};

struct img_jpeg_component {
    uint8_t id, h, v, table;     /* as the frame header has them; h and v from 1 to 4 */
    uint32_t blocks_x, blocks_y; /* of 8 x 8 samples, those that hold some of the picture */
};

/* A run of bytes that the decoder reads: tables, or one scan with its header. */
struct img_jpeg_piece {
    const uint8_t *p;
    size_t len;
    bool is_scan;
    bool only_ac; /* a scan of a progressive picture without DC coefficients */
    bool drop;    /* not worth its cost, or unsound */
};

enum img_jpeg_colors { IMG_JPEG_GRAY, IMG_JPEG_YCC, IMG_JPEG_RGB, IMG_JPEG_CMYK, IMG_JPEG_YCCK };

/* Zeroed it is empty; img_jpeg_walk_deinit releases. */
struct img_jpeg_walk {
    uint32_t width, height; /* height is DNL's where the frame header has none */
    unsigned precision;
    unsigned n; /* components */
    struct img_jpeg_component of[IMG_JPEG_COMPONENTS];
    unsigned max_h, max_v;
    enum img_jpeg_colors colors;
    bool progressive, arithmetic;
    bool several_scans; /* coefficients of the whole picture are held while it is decoded */
    bool has_end;       /* an EOI was seen; unknown (false) where the one scan is not walked */
    bool is_whole;      /* several scans: they hold every bit of every coefficient */
    bool lacks_colors;  /* several scans: a component has none */
    unsigned warnings;  /* enum img_warning */

    struct img_jpeg_piece *piece; /* owned */
    size_t n_pieces;
    uint8_t
        sof[IMG_JPEG_SOF_MAX]; /* the first piece: the frame header, with the height filled in */

    str exif[IMG_EXIF_BLOCKS];
    size_t n_exif;
    str xmp, iptc;
    struct buf icc; /* put together; empty unless all of it is there */
    str mpf;        /* as struct img_head has it */
    bool has_gain_map_marker;
};

/*
 * 0, or IMG_E_REJECTED with words for people in reason; what is known is in *ret then too. *ret was zeroed.
 */
int img_jpeg_walk(str file, struct img_jpeg_walk *ret, char reason[IMG_REASON_MAX]);
void img_jpeg_walk_deinit(struct img_jpeg_walk *w);
