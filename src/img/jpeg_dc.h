#pragma once
/*
 * img/jpeg_dc: where a JPEG is reduced to an eighth only the first coefficient of a block is wanted. Our own entropy
 * decoder, in the place of libjpeg-turbo's, steps over the others: a thumbnail takes two thirds of the time.
 */
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jpeglib.h>

/*
 * After jpeg_start_decompress, before the first row: takes over where the picture is one scan that is coded by Huffman's
 * tables; else nothing changes. The first coefficients and the warnings are the library's, other coefficients are zero.
 * The memory is the decompressor's. A source of bytes must never suspend.
 */
void img_jpeg_dc_use(struct jpeg_decompress_struct *cinfo);
