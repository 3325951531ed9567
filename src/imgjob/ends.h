#pragma once
/* imgjob/ends: how calotype-image ends. fn/worker words what is not 0 for people; a test tries each with the real worker. */
enum imgjob_end {
    IMGJOB_END_OK = 0,      /* an answer was written */
    IMGJOB_END_REQUEST = 1, /* the request was not readable, or nobody reads the answer */
    IMGJOB_END_USAGE = 2,
    IMGJOB_END_JAIL = 3,   /* the jail could not be shut */
    IMGJOB_END_MEMORY = 4, /* out of memory */
    IMGJOB_END_TIME = 5,   /* out of processor time */
    IMGJOB_END_CALL = 6,   /* a system call that the filter denies */
};
