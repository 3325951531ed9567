/* base/outcomes: the words for outcomes and errno, for messages that people read. */
#include "base/outcomes.h"

#include "base/own.h"

#include <string.h>

static const struct {
    int code;
    const char *words;
} rows[] = {
#define OUTCOME(range, place, name, text) {OUTCOMES_##range + (place), text},
#include "base/outcomes.def"
#undef OUTCOME
};

const char *outcome_words(int code) {
    if (code <= 0) {
        const char *words = strerrordesc_np(-code);
        return words ? words : "an error of the system that has no name";
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].code == code)
            return rows[i].words;
    return "an outcome that has no words";
}
