/* kit/name: the check of names. */
#include "svc/kit/name.h"

#include "base/ascii.h"

bool kit_name_ok(str name, size_t most) {
    return name.len >= 1 && name.len <= most && ascii_only_alnum(name, "-_");
}
