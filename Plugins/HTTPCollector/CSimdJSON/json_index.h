#ifndef MILLRACE_JSON_INDEX_H
#define MILLRACE_JSON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A text's bytes and the places in it where a token begins; one thread at a time.
typedef struct json_index json_index;

typedef enum json_verdict {
    /// Valid, every number fits a machine number, and no more than `depth` objects and lists are open at a time.
    JSON_VALID = 0,
    /// UTF-8 whose strings all end and hold no control characters, so the tokens are right; what they mean is in doubt.
    JSON_DOUBTFUL = 1,
    /// Neither: there are no tokens.
    JSON_BROKEN = 2,
} json_verdict;

/// Room for texts of up to `capacity` bytes; memory is taken as texts fill it. NULL where there is none.
json_index *json_index_create(size_t capacity, size_t depth);
void json_index_destroy(json_index *index);

/// Copies the text, which must fit, and finds its tokens.
json_verdict json_index_read(json_index *index, const uint8_t *text, size_t length);

/// The copy of the text; stays where it is until the index is destroyed.
const uint8_t *json_index_text(const json_index *index);
/// Where tokens begin: each of { } [ ] : , and the first byte of each string, number or word; ascending.
const uint32_t *json_index_tokens(const json_index *index);
size_t json_index_token_count(const json_index *index);
/// For each token that opens an object or a list the number of the one after its closing one; anything for other tokens.
/// Right only in valid JSON.
const uint32_t *json_index_ends(const json_index *index);
/// Whether a line feed or a carriage return stands between two tokens.
bool json_index_has_line_ends(const json_index *index);

#ifdef __cplusplus
}
#endif

#endif
