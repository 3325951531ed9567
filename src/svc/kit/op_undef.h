/* kit/op_undef: after each reading of an ops.def, so that it can be read again. No include guard. */
#undef OP
#undef OP_IN
#undef MAY
#undef VERSIONED
#undef ALSO
#undef OR
#undef TAGS
#undef TAGGED
#undef PASSES
#undef KEY
