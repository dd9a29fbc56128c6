// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/pe.h"

#include "base/bytes.h"

#define DOS_SIZE   0x40
#define DOS_LFANEW 0x3c /* the PE header's offset */

/* Offsets from the PE signature. */
#define PE_SIGNATURE      0x00004550u
#define PE_MACHINE        4
#define PE_NR_SECTIONS    6
#define PE_OPTIONAL_SIZE  0x14
#define PE_OPTIONAL       0x18
#define PE_OPTIONAL_LEAST 0x60 /* of the optional header, up to its data directories */

/* Offsets in the optional header. */
#define OPTIONAL_PE32         0x10b
#define OPTIONAL_PE32_PLUS    0x20b
#define OPTIONAL_IMAGE_SIZE   0x38
#define OPTIONAL_HEADERS_SIZE 0x3c
#define OPTIONAL_SUBSYSTEM    0x44
#define OPTIONAL_DIRECTORIES  0x5c /* their number, in PE32 */
#define PE32_PLUS_LONGER      0x10 /* that number is at an offset greater by this in PE32+ */
#define MAX_DIRECTORIES       16
#define DIRECTORY_SIZE        8
#define DIRECTORY_SIGNATURES  4 /* whose address is a file offset */

#define SECTION_SIZE      0x28
#define SECTION_RAW_SIZE  0x10
#define SECTION_RAW_START 0x14

/* Offsets in the TE header. */
#define TE_SIZE        0x28
#define TE_MACHINE     2
#define TE_NR_SECTIONS 4
#define TE_SUBSYSTEM   5
#define TE_STRIPPED    6 /* bytes of the PE headers that were removed; offsets still count them */

struct reader {
	const u8 *bytes;
	u64 size;
};

static bool holds(const struct reader *in, u64 offset, u64 size)
{
	return offset <= in->size && size <= in->size - offset;
}

static void extend(struct pe *pe, u64 end)
{
	if (end > pe->size)
		pe->size = end;
}

/* @stripped: the removed bytes that a section's file offset still counts. */
static const char *read_sections(
	struct pe *pe, const struct reader *in, u64 at, unsigned nr, u32 stripped)
{
	if (!holds(in, at, (u64)nr * SECTION_SIZE))
		return "is shorter than its list of sections";
	extend(pe, at + (u64)nr * SECTION_SIZE);
	for (unsigned i = 0; i < nr; i++, at += SECTION_SIZE) {
		u64 size = get_le32(in->bytes + at + SECTION_RAW_SIZE);
		u64 start = get_le32(in->bytes + at + SECTION_RAW_START);

		if (!size)
			continue;
		if (start < stripped || !holds(in, start - stripped, size))
			return "is shorter than its sections say";
		pe->is_empty = false;
		extend(pe, start - stripped + size);
	}
	return NULL;
}

static const char *read_te(struct pe *pe, const struct reader *in)
{
	u16 stripped;

	pe->terse = true;
	if (!holds(in, 0, TE_SIZE))
		return "is shorter than its header";
	pe->machine = get_le16(in->bytes + TE_MACHINE);
	pe->subsystem = in->bytes[TE_SUBSYSTEM];
	stripped = get_le16(in->bytes + TE_STRIPPED);
	if (stripped < TE_SIZE)
		return "has a TE header that says less was left out than a header takes";
	return read_sections(pe, in, TE_SIZE, in->bytes[TE_NR_SECTIONS], stripped - TE_SIZE);
}

/* @number: the offset of the number of directories. */
static const char *read_directories(
	struct pe *pe, const struct reader *in, u64 number, u64 optional_end)
{
	u32 nr = get_le32(in->bytes + number);
	u64 at = number + 4 + DIRECTORY_SIGNATURES * DIRECTORY_SIZE;
	u64 start, size;

	if (nr > MAX_DIRECTORIES || number + 4 + (u64)nr * DIRECTORY_SIZE > optional_end)
		return "has a PE header with more directories than there is room for";
	if (nr <= DIRECTORY_SIGNATURES)
		return NULL;
	start = get_le32(in->bytes + at);
	size = get_le32(in->bytes + at + 4);
	if (!size)
		return NULL;
	if (!holds(in, start, size))
		return "is shorter than its signatures say";
	extend(pe, start + size);
	return NULL;
}

static const char *read_optional(struct pe *pe, const struct reader *in, u64 at, u16 size)
{
	u16 magic = get_le16(in->bytes + at);
	u32 longer = magic == OPTIONAL_PE32_PLUS ? PE32_PLUS_LONGER : 0;
	u32 headers, image;

	if (magic != OPTIONAL_PE32 && magic != OPTIONAL_PE32_PLUS)
		return "has a PE header that is neither PE32 nor PE32+";
	if (size < PE_OPTIONAL_LEAST + longer)
		return "has a PE header that is too short";
	pe->subsystem = get_le16(in->bytes + at + OPTIONAL_SUBSYSTEM);
	headers = get_le32(in->bytes + at + OPTIONAL_HEADERS_SIZE);
	image = get_le32(in->bytes + at + OPTIONAL_IMAGE_SIZE);
	if (headers > in->size)
		return "is shorter than its headers say";
	if (image && image < headers)
		return "has a PE header that gives the image less room than its headers take";
	extend(pe, headers);
	return read_directories(pe, in, at + OPTIONAL_DIRECTORIES + longer, at + size);
}

static const char *read_pe(struct pe *pe, const struct reader *in)
{
	const char *wrong;
	u16 optional_size;
	u64 at;

	if (!holds(in, 0, DOS_SIZE))
		return "is shorter than its header";
	at = get_le32(in->bytes + DOS_LFANEW);
	if (!holds(in, at, PE_OPTIONAL))
		return "has an MZ header that leads to no PE header";
	if (get_le32(in->bytes + at) != PE_SIGNATURE)
		return "has an MZ header that leads to no PE header";
	pe->machine = get_le16(in->bytes + at + PE_MACHINE);
	optional_size = get_le16(in->bytes + at + PE_OPTIONAL_SIZE);
	if (!holds(in, at + PE_OPTIONAL, optional_size))
		return "is shorter than its header";
	if (optional_size < PE_OPTIONAL_LEAST)
		return "has a PE header that is too short";
	wrong = read_optional(pe, in, at + PE_OPTIONAL, optional_size);
	if (wrong)
		return wrong;
	return read_sections(pe, in, at + PE_OPTIONAL + optional_size,
		get_le16(in->bytes + at + PE_NR_SECTIONS), 0);
}

const char *pe_read(struct pe *pe, const u8 *bytes, size_t size)
{
	struct reader in = { bytes, size };

	*pe = (struct pe){ .is_empty = true };
	if (!holds(&in, 0, 2))
		return "is not there";
	switch (get_le16(bytes)) {
	case PE_DOS_MAGIC:
		return read_pe(pe, &in);
	case PE_TE_MAGIC:
		return read_te(pe, &in);
	}
	return "has no PE header: neither MZ nor VZ is at its start";
}
