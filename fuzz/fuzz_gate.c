/*
 * The gate on heads cut at line ends: first line "METHOD TARGET VERSION", then "name:value" lines.
 * What it lets in must hold what it promises.
 */
#include "net/gate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest = str_n(data, size), line, method, target, version, name, value;
    str_cut(rest, '\n', &line, &rest);
    str_cut(line, ' ', &method, &line);
    str_cut(line, ' ', &target, &version);

    /* What is garbage from its first bytes on is no head. */
    bool garbage = gate_is_garbage(str_n(data, size < 64 ? size : 64));
    struct gate g;
    gate_start(&g, method, target, version);
    unsigned hosts = 0, lengths = 0, codings = 0;
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        str_cut(line, ':', &name, &value);
        gate_header(&g, name, value, line.len);
        hosts += str_eq_nocase(name, S("host"));
        lengths += str_eq_nocase(name, S("content-length"));
        codings += str_eq_nocase(name, S("transfer-encoding"));
    }
    if (gate_finish(&g, 0) == 0 && (hosts > 1 || garbage || lengths + codings > 1 ||
                                    target.len == 0 || str_chr(target, ' ') >= 0))
        abort();
    return 0;
}
