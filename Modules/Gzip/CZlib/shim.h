#include <zlib.h>

// inflateInit2 and deflateInit2 are macros, which Swift does not see. 15 + 16: a window of 32 KiB in a gzip wrapper.
static inline int millrace_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int millrace_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
