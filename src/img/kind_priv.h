#pragma once
/* img/kind_priv: the families of formats that share their beginning. Each answers NULL where the file is none of it. */
#include "img/kind.h"

/* ISO base media files (ISO 14496-12) by their brands: HEIC, AVIF, CR3, MP4; QuickTime, which may have none. */
const struct img_kind *img_kind_of_media(str file);
/* TIFF, and the raw formats that begin as it does. */
const struct img_kind *img_kind_of_tiff(str file);
/* SVG, HTML, XML, JSON and pictures written as text, of a file that is text. */
const struct img_kind *img_kind_of_text(str file);
/* The first bytes are text of UTF-8, UTF-16 or Latin-1 without controls. An empty file is none. */
bool img_kind_is_text(str file);
/* RIFF, whose kind stands behind the length. */
bool img_kind_is_riff(str file);
