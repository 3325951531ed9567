#pragma once
/*
 * img/jpeg_refine: the scans of a progressive JPEG that refine AC coefficients (ITU-T T.81, G.1.2.3), in place of
 * libjpeg-turbo's decoder, which looks at every coefficient of every block: here those that are zero are stepped over by
 * a mask. Bit by bit the same. jpeglib.h must have been included.
 */
#include "img/jpeg_bits.h"

enum { IMG_REFINE_FAST = 9 };

/* Zeroed, with is_cut kept up, it is what cinfo->progress points to. */
struct img_jpeg_refine {
    struct jpeg_progress_mgr
        progress; /* the library's hook: called when its decoder stands, before the second scan */
    bool is_cut;  /* the bytes that the library reads end without a marker */
    bool missing, damaged; /* found in all scans so far */
    void (*start_pass)(j_decompress_ptr);
    struct img_jpeg_scan scan;
    unsigned end_run; /* blocks to come without a new coefficient */
    bool has_masks;
    struct img_huff table;
    uint16_t
        symbols[1 << IMG_REFINE_FAST]; /* by the next bits: length and symbol; 0: a longer code */
    uint64_t masks[8][256];            /* eight flags in natural order as flags in zigzag order */
};
void img_jpeg_refine_plug(struct img_jpeg_refine *f, j_decompress_ptr cinfo);
