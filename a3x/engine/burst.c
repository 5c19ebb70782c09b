/* Tokens in a row without Python between them: decode, draw, look at the numbers, again.
 *
 * Knows llama.cpp only through the addresses it is given and the one struct it passes by value, whose fields native.py compares
 * with the binding's. Every limit whose breach ends the process is the caller's to keep. Allocates nothing, keeps nothing.
 */

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define EVERY_PROCESSOR __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define EVERY_PROCESSOR
#endif

typedef struct { /* llama_batch, llama.h */
    int32_t n_tokens;
    int32_t *token;
    float *embd;
    int32_t *pos;
    int32_t *n_seq_id;
    int32_t **seq_id;
    int8_t *logits;
} batch_t;

typedef struct { /* llama.cpp's functions */
    int32_t (*decode)(void *context, batch_t batch);
    float *(*logits)(void *context, int32_t place);
    int32_t (*sample)(void *sampler, void *context, int32_t place);
    bool (*ends)(const void *vocabulary, int32_t token);
    bool (*forget)(void *memory, int32_t sequence, int32_t from, int32_t to);
} calls_t;

enum { GREEDY = 0, CHAIN = 1, LEFT_TO_THE_CALLER = 2 };

typedef struct {
    calls_t calls;
    void *context, *memory;
    const void *vocabulary;
    int32_t vocabulary_size;
    int32_t count;            /* answers */
    const int32_t *places;    /* [count] of each in the batch */
    const int8_t *kinds;      /* [count] how each is drawn */
    void *const *samplers;    /* [count] where it is a chain */
    const int32_t *rooms;     /* [count] tokens that each may still have */
    int32_t bridges;          /* batch rows that are computed in vain */
    const int32_t *bridge_sequences, *bridge_ends;
    int32_t *tokens;          /* [rounds][count] drawn; -1 where it was left to the caller */
    double *logprobs;         /* of the token drawn */
    double *normalisers;      /* log of the sum of exponentials */
    double *entropies;
    int8_t *finite;           /* [count] of the last round */
    double *seconds;          /* [rounds] that decoding took */
    int32_t status;           /* of the last decode */
} desk_t;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The largest of a row; `bad` if there is a NaN or +inf in it. Bits, because the compiler may assume that floats are finite. */
EVERY_PROCESSOR static float largest(const float *row, int32_t count, uint32_t *bad) {
    float most = -INFINITY;
    uint32_t found = 0;
    for (int32_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, row + i, 4);
        found |= (bits & 0x7fffffffu) > 0x7f800000u || bits == 0x7f800000u;
        most = row[i] > most ? row[i] : most;
    }
    *bad = found;
    return most;
}

/* The place of the first entry that is `most`. */
EVERY_PROCESSOR static int32_t first(const float *row, int32_t count, float most) {
    int32_t i = 0;
    for (; i + 64 <= count; i += 64) {
        int32_t any = 0;
        for (int32_t j = 0; j < 64; j++) any |= row[i + j] == most;
        if (any) break;
    }
    while (i < count && row[i] != most) i++;
    return i;
}

/* Sums over a row of exp(x - most) and of the same times (x - most). What is 80 below the largest counts as 80 below.
 * exp by powers of two and Taylor's terms up to the seventh, relative error below 2e-7: a loop that every compiler vectorises. */
EVERY_PROCESSOR static void sums(const float *row, int32_t count, float most, double *total, double *weighted) {
    double all = 0.0, by = 0.0;
    for (int32_t at = 0; at < count; at += 4096) {
        const int32_t end = count - at < 4096 ? count : at + 4096;
        float sum = 0.0f, products = 0.0f;
        for (int32_t i = at; i < end; i++) {
            const float below = row[i] - most > -80.0f ? row[i] - most : -80.0f;
            const int32_t power = (int32_t)(below * 1.44269504f - 0.5f);
            const float r = (below - (float)power * 0.693145752f) - (float)power * 1.42860677e-6f;
            float exponential = 1.0f / 5040.0f;
            exponential = exponential * r + 1.0f / 720.0f;
            exponential = exponential * r + 1.0f / 120.0f;
            exponential = exponential * r + 1.0f / 24.0f;
            exponential = exponential * r + 1.0f / 6.0f;
            exponential = exponential * r + 0.5f;
            exponential = exponential * r + 1.0f;
            exponential = exponential * r + 1.0f;
            const int32_t bits = (power + 127) << 23;
            float scale;
            memcpy(&scale, &bits, 4);
            exponential *= scale;
            sum += exponential;
            products += exponential * below;
        }
        all += (double)sum;
        by += (double)products;
    }
    *total = all;
    *weighted = by;
}

/* Log of the sum of exponentials, entropy and largest entry of a row; 0 if there is a number in it that is none. */
static int32_t spread(const float *row, int32_t count, double *normaliser, double *entropy, float *most) {
    uint32_t bad, bits;
    double total, weighted;
    *most = largest(row, count, &bad);
    memcpy(&bits, most, 4);
    if (bad || (bits & 0x7f800000u) == 0x7f800000u) return 0;
    sums(row, count, *most, &total, &weighted);
    *normaliser = (double)*most + log(total);
    *entropy = log(total) - weighted / total;
    if (*entropy < 0.0) *entropy = 0.0;
    return 1;
}

/* The same of every row; returns how many rows are good, up to the first that is not. */
int32_t a3x_spread(const float *rows, int32_t height, int32_t width, double *normalisers, double *entropies) {
    float most;
    int32_t good = 0;
    while (good < height && spread(rows + (size_t)good * (size_t)width, width, normalisers + good, entropies + good, &most)) good++;
    return good;
}

/* Draws a token for every answer from the last decode, into results from `at` on. 1 if each of them can go on. */
static int32_t draw(desk_t *desk, int32_t at, int32_t drawn) {
    int32_t on = 1;
    for (int32_t i = 0; i < desk->count; i++) {
        const float *row = desk->calls.logits(desk->context, desk->places[i]);
        float most = 0.0f;
        int32_t token = -1;
        desk->finite[i] = row && spread(row, desk->vocabulary_size, desk->normalisers + at + i, desk->entropies + at + i, &most);
        if (!desk->finite[i]) {
            on = 0;
        } else if (desk->kinds[i] == GREEDY) {
            token = first(row, desk->vocabulary_size, most);
        } else if (desk->kinds[i] == CHAIN) {
            token = desk->calls.sample(desk->samplers[i], desk->context, desk->places[i]);
        }
        desk->tokens[at + i] = token;
        desk->logprobs[at + i] = token < 0 ? 0.0 : (double)row[token] - desk->normalisers[at + i];
        if (token < 0 || drawn >= desk->rooms[i] || desk->calls.ends(desk->vocabulary, token)) on = 0;
    }
    return on;
}

/* One round of results from the last decode, whoever made it. */
void a3x_draw(desk_t *desk) { draw(desk, 0, 1); }

/* Up to `rounds` times a token of every answer; `batch` holds those to compute next. Stops early when an answer ends or cannot go on,
 * when `seconds` are over and when `news` is raised. Returns the rounds that are done. */
int32_t a3x_burst(desk_t *desk, batch_t *batch, int32_t rounds, double seconds, const volatile int32_t *news) {
    const double began = now();
    double before = began;
    for (int32_t round = 0; round < rounds;) {
        desk->status = desk->calls.decode(desk->context, *batch);
        for (int32_t i = 0; i < desk->bridges; i++)
            desk->calls.forget(desk->memory, desk->bridge_sequences[i], desk->bridge_ends[i], -1);
        if (desk->status != 0) return round;
        const double decoded = now();
        desk->seconds[round] = decoded - before;
        const int32_t at = round++ * desk->count, on = draw(desk, at, round);
        before = now();
        if (!on || *news || before - began >= seconds) return round;
        for (int32_t i = 0; i < desk->count; i++) {
            batch->token[desk->places[i]] = desk->tokens[at + i];
            batch->pos[desk->places[i]]++;
        }
    }
    return rounds;
}
