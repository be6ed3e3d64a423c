/* parse/promscan.h - looking at many bytes at once: loads are of 16 to 64 bytes, whatever is
 * asked for, so that PROMSCAN_SLACK bytes behind the last one have to be readable. Lines differ in
 * where a name or a number ends, and a loop over single bytes is guessed wrong by the processor
 * there. */
#ifndef PARSE_PROMSCAN_H
#define PARSE_PROMSCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	PROMSCAN_WIDTH = 16, /* of a result: one bit a byte */
	PROMSCAN_SLACK = 64,
};

#ifdef __SSE2__

static inline __m128i promscan_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Which bytes are the same. */
static inline unsigned promscan_same(const char *a, const char *b)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(promscan_load(a), promscan_load(b)));
}

/* Which are '"' or '\\'. */
static inline unsigned promscan_quotes(const char *p)
{
	__m128i v = promscan_load(p);

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
							_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
}

/* Bytes a, a + 1, ... of n: the n least ones, with a sign, once they are moved there. */
static inline __m128i promscan_range(__m128i v, char a, int n)
{
	return _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(0x80 - a))),
			      _mm_set1_epi8((char)(0x80 + n)));
}

/* Which are '0' to '9'. */
static inline unsigned promscan_digits(const char *p)
{
	return (unsigned)_mm_movemask_epi8(promscan_range(promscan_load(p), '0', 10));
}

static inline unsigned promscan_word16(const char *p, bool colon)
{
	__m128i v = promscan_load(p);
	__m128i letter = promscan_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 26);
	__m128i digit = promscan_range(v, '0', colon ? 11 : 10); /* ':' is behind '9' */
	__m128i under = _mm_cmpeq_epi8(v, _mm_set1_epi8('_'));

	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(letter, digit), _mm_or_si128(under, v)));
}

#else

#define PROMSCAN_BITS(condition)                              \
	({                                                    \
		unsigned bits = 0;                            \
                                                              \
		for (unsigned i = 0; i < PROMSCAN_WIDTH; i++) \
			bits |= (unsigned)(condition) << i;   \
		bits;                                         \
	})

static inline unsigned promscan_same(const char *a, const char *b)
{
	return PROMSCAN_BITS(a[i] == b[i]);
}

static inline unsigned promscan_quotes(const char *p)
{
	return PROMSCAN_BITS(p[i] == '"' || p[i] == '\\');
}

static inline unsigned promscan_digits(const char *p)
{
	return PROMSCAN_BITS(p[i] >= '0' && p[i] <= '9');
}

static inline unsigned promscan_word16(const char *p, bool colon)
{
	return PROMSCAN_BITS((unsigned char)p[i] >= 0x80 || p[i] == '_' ||
			     (p[i] >= '0' && p[i] <= '9') || (p[i] == ':' && colon) ||
			     ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z'));
}

#endif

/* Which of 32 are what names are made of: ASCII letters, digits and '_', perhaps ':', and whatever
 * is beyond ASCII. */
static inline unsigned promscan_words(const char *p, bool colon)
{
	return promscan_word16(p, colon) | promscan_word16(p + 16, colon) << 16;
}

/* How many of the first bytes have their bit; all: PROMSCAN_WIDTH. */
static inline unsigned promscan_run(unsigned bits)
{
	return (unsigned)__builtin_ctz(~bits);
}

/* How many bytes are the same, of at most n. Four loads together are faster than one guess of how
 * many it takes. */
static inline size_t promscan_common(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i += 64, a += 64, b += 64) {
		uint64_t low = promscan_same(a, b) | promscan_same(a + 16, b + 16) << 16;
		uint64_t high = promscan_same(a + 32, b + 32) | promscan_same(a + 48, b + 48) << 16;
		uint64_t other = ~(low | high << 32);

		if (other) {
			i += (size_t)__builtin_ctzll(other);
			return i < n ? i : n;
		}
	}
	return n;
}

/* Whether n bytes, at most PROMSCAN_WIDTH, are the same. */
static inline bool promscan_is_same(const char *a, const char *b, size_t n)
{
	return promscan_run(promscan_same(a, b)) >= n;
}

/* The first '"' or '\\' from p on, or some place at or behind `end`. */
static inline const char *promscan_quote(const char *p, const char *end)
{
	for (; p < end; p += 32) {
		unsigned bits = promscan_quotes(p) | promscan_quotes(p + 16) << 16;

		if (bits)
			return p + __builtin_ctz(bits);
	}
	return p;
}

/* The number that n digits are, 1 to 8 of them: pairs, fours and all eight at once. */
static inline uint64_t promscan_eight(const char *p, unsigned n)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	v = le64toh(v) << (64 - 8 * n) & 0x0f0f0f0f0f0f0f0fu;
	v = (v * (10 << 8 | 1)) >> 8 & 0x00ff00ff00ff00ffu;
	v = (v * (100 << 16 | 1)) >> 16 & 0x0000ffff0000ffffu;
	return (v * (10000ull << 32 | 1)) >> 32;
}

#endif
