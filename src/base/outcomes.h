#pragma once
/*
 * base/outcomes: the number spaces of outcomes, on one page.
 *
 * A function returns 0, -errno, or an outcome: a positive number that its caller must handle. Each
 * enum of outcomes begins at a range of its own, OUTCOMES_WIDTH wide, so that an outcome that came
 * from further down is never taken for one of the function's own, and a number in a log says which
 * room it is from. tools/check-layers.py refuses an enum of X_E_… that begins elsewhere and a range
 * that two enums begin at.
 *
 * Numbers are for the program. A message that people read has words: outcome_words, by the table in
 * base/outcomes.def, which the same tool holds against the enums.
 */
enum { OUTCOMES_WIDTH = 100 };
enum {
    /* One line a room or enum. Numbers stay: they stand in logs. */
    OUTCOMES_SIGN = 100,
    OUTCOMES_STORE = 200,
    OUTCOMES_HUB = 300,
    OUTCOMES_POLICY = 400,
    OUTCOMES_TMPL = 500,
    OUTCOMES_IMG = 600,
    OUTCOMES_FN = 700,
    OUTCOMES_CLIENT = 800,
    OUTCOMES_CLIENT_HTTP = 900,
    OUTCOMES_AWS = 1000, /* of a request: AWS_FAILED, AWS_SUSPENDED */
    OUTCOMES_AWS_CODEC = 1100,
    OUTCOMES_AWS_CHUNK = 1200,
    OUTCOMES_AWS_IDENTITY = 1300,
    OUTCOMES_AWS_BODIES = 1400,
    OUTCOMES_IAM = 2000,
    OUTCOMES_S3 = 2100,
    OUTCOMES_S3_NOTIFY = 2200,
    OUTCOMES_S3_COPY_SOURCE = 2300,
    OUTCOMES_S3_FILTER = 2400,
    OUTCOMES_S3_LIFECYCLE = 2500,
    OUTCOMES_DDB_NUMBER = 2700,
    OUTCOMES_SQS = 2800,
    OUTCOMES_LAMBDA_POOL = 2900,
    OUTCOMES_LAMBDA_CODE = 3000,
    OUTCOMES_LOGS_PATTERN = 3100,
    OUTCOMES_CFN_WORK = 3200,
    OUTCOMES_CFN_STEP = 3300,
    OUTCOMES_SNS_FILTER = 3400,
    OUTCOMES_AUDIT = 3500,
};

/*
 * What a result means, for a message behind what was tried: of an outcome the words of its row, of
 * a negative errno the system's. Constant text, any thread.
 */
const char *outcome_words(int code);
