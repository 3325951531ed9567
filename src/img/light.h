#pragma once
/*
 * img/light: what samples mean in light: a curve for each channel, and what colour its full amount
 * is. Plain values of whoever holds them. Sources: ITU-T H.273 (numbers of primaries and
 * transfers), IEC 61966-2-1 (sRGB), ITU-R BT.2100 (PQ, HLG) and BT.2408 (where white is in them),
 * ICC.1 annex E (chromatic adaptation by the Bradford matrix).
 */
#include <stdbool.h>
#include <stdint.h>

struct img_light {
    double curve[3]
                [256]; /* 0 to 1 for every eight-bit sample; a grey picture has the first alone */
    double xyz[3][3];  /* X, Y and Z under D50 of the full red, green, blue; grey: unused */
};

/* The shape that the curves of ICC and H.273 have: (ax + b)^g + e from d on, cx + f below. */
struct img_curve {
    double g, a, b, c, d, e, f;
};
/* At x from 0 to 1; kept within 0 and 1, and 0 where it is no number. */
double img_curve_at(const struct img_curve *curve, double x);
extern const struct img_curve img_curve_srgb;
/* The same curve for every channel. */
void img_light_curve(struct img_light *light, const struct img_curve *curve);

/*
 * Sets light->xyz from chromaticities: white x, y, red x, y, green, blue, adapted to D50. False
 * where they cannot be (no triangle, no white); xyz is unchanged then.
 */
bool img_light_primaries(struct img_light *light, const double xy[8]);
extern const double img_primaries_srgb[8];
/*
 * Turns xyz so that all three together are D50's white: for colorants that were never adapted.
 * False: no white.
 */
bool img_light_adapt(struct img_light *light);

/*
 * From H.273's numbers: primaries, transfer, matrix, full range. Only RGB (matrix 0). False:
 * unknown or unspecified. PQ and HLG are brought into what a screen can show (*ret_hdr): their
 * white at 203 cd/m2 and what is brighter pressed together.
 */
bool img_light_of_cicp(const uint8_t cicp[4], struct img_light *ret, bool *ret_hdr);

/* Rows of ret become what turns amounts of the three channels into linear sRGB; 1 is full. */
void img_light_to_srgb(const struct img_light *light, double ret[3][3]);
