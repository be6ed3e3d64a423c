#include "collectors/gort/coderef.h"

#include <string.h>

static uint32_t u32_at(const void *code, size_t at)
{
	uint32_t v;

	memcpy(&v, (const char *)code + at, sizeof(v));
	return v;
}

/* A ModRM byte of mod 00 and r/m 101 means an address relative to the next instruction, which
 * begins behind the 32-bit distance and an immediate of 0, 1, 2 or 4 bytes (Intel SDM 2, 2.2.1.6).
 */
static void scan_amd64(const void *code, size_t n, uint64_t addr, coderef_fn *found, void *ctx)
{
	static const uint8_t immediates[] = { 0, 1, 2, 4 };
	const uint8_t *c = code;

	for (size_t i = 1; i + sizeof(uint32_t) < n; i++) {
		uint64_t from = addr + i + 1 + sizeof(uint32_t);

		if ((c[i] & 0xc7) != 0x05)
			continue;
		for (size_t k = 0; k < sizeof(immediates); k++)
			found(ctx, from + immediates[k] + (uint64_t)(int32_t)u32_at(c, i + 1));
	}
}

/* Bytes that an unsigned-offset load or store, or an ADD of an immediate, adds to a register; -1:
 * the instruction is neither or is about another register (Arm ARM, C4.1). */
static int32_t offset_from(uint32_t insn, uint32_t reg)
{
	uint32_t imm = insn >> 10 & 0xfff;

	if ((insn >> 5 & 31) != reg)
		return -1;
	if ((insn & 0xff800000) == 0x91000000) /* ADD Xd, Xn, #imm */
		return (int32_t)imm;
	if ((insn & 0x3b000000) == 0x39000000) { /* LDR, STR, of general and vector registers */
		uint32_t size = insn >> 30;

		if (insn >> 26 & 1)
			size |= insn >> 21 & 4; /* opc<1>: 128 bits */
		return (int32_t)(imm << size);
	}
	if ((insn & 0x3f000000) == 0x08000000) /* LDAR, STLR, LDXR, …: no offset */
		return 0;
	return -1;
}

/* ADRP gives the page, one of the next instructions the place in it. Go's compiler may put others
 * between them and may use the page several times, so it goes on until the register is lost. */
static void scan_arm64(const void *code, size_t n, uint64_t addr, coderef_fn *found, void *ctx)
{
	enum { WORD = 4, REACH = 12 };

	for (size_t i = 0; i + WORD <= n; i += WORD) {
		uint32_t insn = u32_at(code, i), reg = insn & 31;
		uint64_t page;

		if ((insn & 0x9f000000) != 0x90000000) /* ADRP Xd, page */
			continue;
		page = (uint64_t)(insn >> 5 & 0x7ffff) << 2 | (insn >> 29 & 3);
		page = (uint64_t)((int64_t)(page << 43) >> 43) << 12;
		page += (addr + i) & ~(uint64_t)0xfff;
		for (size_t k = 1; k < REACH && i + k * WORD + WORD <= n; k++) {
			int32_t off = offset_from(u32_at(code, i + k * WORD), reg);

			if (off >= 0)
				found(ctx, page + (uint64_t)off);
		}
	}
}

void coderef_scan(enum layout_arch arch, const void *code, size_t n, uint64_t addr,
		  coderef_fn *found, void *ctx)
{
	if (arch == ARCH_ARM64)
		scan_arm64(code, n, addr, found, ctx);
	else
		scan_amd64(code, n, addr, found, ctx);
}
