#include <zlib.h>

// inflateInit2 is a macro, which Swift does not see. 15 + 16: a window of 32 KiB in a gzip wrapper.
static inline int millrace_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
