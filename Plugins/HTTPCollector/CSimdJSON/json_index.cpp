#include "json_index.h"

#include <cstring>
#include <malloc.h>
#include <memory>
#include <new>
#include <simdjson.h>

using simdjson::dom::document;
using simdjson::internal::dom_parser_implementation;

struct json_index {
    std::unique_ptr<dom_parser_implementation> parser;
    document tape;
    std::unique_ptr<uint8_t[]> text;
    std::unique_ptr<uint32_t[]> ends;
    bool has_tokens = false;
};

// Blocks as large as those of an index go back to the system when they are freed. Unless told so, glibc keeps ever larger
// ones for itself, in the whole process. Being told so, it would give back 128 KiB at a time too, and take ten page faults
// for each batch to get them again.
static void return_large_blocks() {
#ifdef M_MMAP_THRESHOLD
    static const int is_set = mallopt(M_MMAP_THRESHOLD, 2 << 20) && mallopt(M_TRIM_THRESHOLD, 8 << 20);
    (void)is_set;
#endif
}

json_index *json_index_create(size_t capacity, size_t depth) {
    return_large_blocks();
    std::unique_ptr<json_index> index(new (std::nothrow) json_index);
    if (!index) return nullptr;
    // Not initialized: pages that no text ever fills are never taken.
    index->text.reset(new (std::nothrow) uint8_t[capacity + simdjson::SIMDJSON_PADDING]);
    index->ends.reset(new (std::nothrow) uint32_t[capacity]);
    if (!index->text || !index->ends || index->tape.allocate(capacity)) return nullptr;
    // The implementation that the processor at hand runs fastest.
    const auto &implementation = simdjson::get_active_implementation();
    if (implementation->create_dom_parser_implementation(capacity, depth, index->parser)) return nullptr;
    return index.release();
}

// What is open at a time is a list through `ends` itself: each holds the one around it until it is closed.
static void find_ends(json_index *index) {
    const uint8_t *text = index->text.get();
    const uint32_t *tokens = index->parser->structural_indexes.get();
    const uint32_t count = index->parser->n_structural_indexes;
    const uint32_t none = UINT32_MAX;
    uint32_t *ends = index->ends.get();
    uint32_t open = none;
    for (uint32_t token = 0; token < count; token++) {
        // Brackets and braces differ in one bit.
        uint8_t byte = text[tokens[token]] | 0x20;
        if (byte == '{') {
            ends[token] = open;
            open = token;
        } else if (byte == '}' && open != none) {
            uint32_t outer = ends[open];
            ends[open] = token + 1;
            open = outer;
        }
    }
}

void json_index_destroy(json_index *index) { delete index; }

json_verdict json_index_read(json_index *index, const uint8_t *text, size_t length) {
    index->has_tokens = false;
    if (length == 0) return JSON_BROKEN;
    uint8_t *copy = index->text.get();
    std::memcpy(copy, text, length);
    std::memset(copy + length, ' ', simdjson::SIMDJSON_PADDING);
    if (index->parser->stage1(copy, length, simdjson::stage1_mode::regular)) return JSON_BROKEN;
    index->has_tokens = true;
    find_ends(index);
    return index->parser->stage2(index->tape) ? JSON_DOUBTFUL : JSON_VALID;
}

const uint8_t *json_index_text(const json_index *index) { return index->text.get(); }

const uint32_t *json_index_tokens(const json_index *index) { return index->parser->structural_indexes.get(); }

size_t json_index_token_count(const json_index *index) {
    return index->has_tokens ? index->parser->n_structural_indexes : 0;
}

const uint32_t *json_index_ends(const json_index *index) { return index->ends.get(); }

bool json_index_has_line_ends(const json_index *index) {
    size_t count = json_index_token_count(index);
    if (count == 0) return false;
    const uint32_t *tokens = json_index_tokens(index);
    // In strings JSON writes both as escapes.
    const uint8_t *first = index->text.get() + tokens[0];
    size_t length = tokens[count - 1] - tokens[0];
    return std::memchr(first, '\n', length) || std::memchr(first, '\r', length);
}
