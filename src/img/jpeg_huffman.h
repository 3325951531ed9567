#pragma once
/*
 * img/jpeg_huffman: our own entropy decoder in the place of libjpeg-turbo's, for pictures of one scan that are coded by
 * Huffman's tables (most of what cameras write). Half of the time that a photograph takes is in there. It gives the
 * same coefficients as the library's, and the same warnings for a damaged file.
 */
#include <stdbool.h>
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jpeglib.h>

/*
 * After jpeg_start_decompress, before the first row: takes over where it can. only_dc: coefficients but the first of a
 * block are skipped, and stay zero. The memory is the decompressor's; a source of bytes must never suspend.
 */
void img_jpeg_huffman_use(struct jpeg_decompress_struct *cinfo, bool only_dc);
