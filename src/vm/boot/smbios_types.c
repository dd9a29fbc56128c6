// SPDX-License-Identifier: GPL-2.0-or-later
/* The structures, DSP0134 3.0 section 7. */
#include "vm/boot/smbios_types.h"

#include <string.h>

#include "base/bytes.h"

enum type {
	TYPE_BIOS = 0,
	TYPE_SYSTEM = 1,
	TYPE_CHASSIS = 3,
	TYPE_PROCESSOR = 4,
	TYPE_MEMORY_ARRAY = 16,
	TYPE_MEMORY_DEVICE = 17,
	TYPE_MEMORY_MAP = 19,
	TYPE_BOOT = 32,
	TYPE_END = 127,
};

#define NO_HANDLE       0xffff
#define NO_ERROR_HANDLE 0xfffe
#define UNKNOWN_WIDTH   0xffff

#define BIOS_UNSUPPORTED BIT(3) /* the old fields hold no characteristics */
#define BIOS_EXT2_UEFI   BIT(3)
#define BIOS_EXT2_VM     BIT(4)

#define CPU_POPULATED_ENABLED 0x41
#define CPU_FAMILY_OTHER      1
#define CPU_CAPABLE_64BIT     BIT(2)
#define CPU_MULTI_CORE        BIT(3)

/*
 * A structure that is being built: its strings follow the formatted part and are numbered from 1.
 */
struct structure {
	struct blob *out;
	size_t start;
	const char *strings[8];
	unsigned nr_strings;
};

static struct structure begin(struct blob *out, enum type type, u16 instance)
{
	struct structure s = { .out = out, .start = out->size };

	blob_le(out, 1, type);
	blob_le(out, 1, 0); /* length */
	blob_le(out, 2, type << 8 | instance);
	return s;
}

static void add(struct structure *s, unsigned size, u64 value)
{
	blob_le(s->out, size, value);
}

static void add_string(struct structure *s, const char *text)
{
	bool empty = !text || !*text;

	if (!empty)
		s->strings[s->nr_strings++] = text;
	add(s, 1, empty ? 0 : s->nr_strings);
}

/* An empty string ends the strings. A structure without strings ends with two NULs. */
static void end(struct structure *s)
{
	blob_put_le(s->out, s->start + 1, 1, s->out->size - s->start);
	for (unsigned i = 0; i < s->nr_strings; i++)
		blob_add(s->out, s->strings[i], strlen(s->strings[i]) + 1);
	blob_zero(s->out, s->nr_strings ? 1 : 2);
}

static void add_bios(struct blob *out, const struct smbios_config *c)
{
	struct structure s = begin(out, TYPE_BIOS, 0);

	add_string(&s, c->bios_vendor);
	add_string(&s, c->bios_version);
	add(&s, 2, 0xf000); /* segment */
	add_string(&s, c->bios_date);
	add(&s, 1, 0); /* 64 KiB of ROM */
	add(&s, 8, BIOS_UNSUPPORTED);
	add(&s, 1, 0);
	add(&s, 1, (c->uefi ? BIOS_EXT2_UEFI : 0) | (c->virtual ? BIOS_EXT2_VM : 0));
	add(&s, 4, 0xffff0000); /* BIOS release 0.0, no embedded controller */
	end(&s);
}

/* The first three fields of a UUID are little-endian here (section 7.2.1). */
static void add_uuid(struct structure *s, const u8 *uuid)
{
	add(s, 4, get_be32(uuid));
	add(s, 2, get_be16(uuid + 4));
	add(s, 2, get_be16(uuid + 6));
	blob_add(s->out, uuid + 8, 8);
}

static void add_system(struct blob *out, const struct smbios_config *c)
{
	struct structure s = begin(out, TYPE_SYSTEM, 0);

	add_string(&s, c->manufacturer);
	add_string(&s, c->product);
	add_string(&s, c->version);
	add_string(&s, c->serial);
	add_uuid(&s, c->uuid);
	add(&s, 1, 6); /* woken by the power switch */
	add_string(&s, c->sku);
	add_string(&s, c->family);
	end(&s);
}

static void add_chassis(struct blob *out, const struct smbios_config *c)
{
	struct structure s = begin(out, TYPE_CHASSIS, 0);

	add_string(&s, c->manufacturer);
	add(&s, 1, 1); /* chassis type: other */
	add_string(&s, c->version);
	add_string(&s, c->serial);
	add_string(&s, NULL); /* asset tag */
	add(&s, 3, 0x030303); /* safe: at boot, power supply, temperature */
	add(&s, 1, 2);        /* security unknown */
	add(&s, 4, 0);
	add(&s, 4, 0); /* height, power cords, contained elements: none */
	add_string(&s, c->sku);
	end(&s);
}

static u8 byte_or_ff(unsigned count)
{
	return count > 255 ? 255 : count;
}

static void add_processor(struct blob *out, const struct smbios_config *c, unsigned socket)
{
	struct structure s = begin(out, TYPE_PROCESSOR, socket);
	char name[] = "CPU 000";

	for (unsigned i = sizeof(name) - 2, n = socket; n; n /= 10)
		name[i--] = '0' + n % 10;
	add_string(&s, name);
	add(&s, 1, 3); /* a central processor */
	add(&s, 1, CPU_FAMILY_OTHER);
	add_string(&s, c->cpu_manufacturer);
	add(&s, 8, c->cpu_id);
	add_string(&s, c->cpu_version);
	add(&s, 1, 0); /* voltage */
	add(&s, 2, 0); /* clocks unknown: external, highest, current */
	add(&s, 4, 0);
	add(&s, 1, CPU_POPULATED_ENABLED);
	add(&s, 1, 1);     /* socket type: other */
	add(&s, 6, ~0ull); /* handles of the caches: none */
	add(&s, 3, 0);     /* serial number, asset tag, part number */
	add(&s, 1, byte_or_ff(c->cores));
	add(&s, 1, byte_or_ff(c->cores));
	add(&s, 1, byte_or_ff(c->threads));
	add(&s, 2, CPU_CAPABLE_64BIT | (c->cores > 1 ? CPU_MULTI_CORE : 0));
	add(&s, 2, CPU_FAMILY_OTHER);
	add(&s, 2, c->cores);
	add(&s, 2, c->cores);
	add(&s, 2, c->threads);
	end(&s);
}

/* The old size fields count KiB or MiB. If the size does not fit, they refer to the new field. */
static void add_memory_array(struct blob *out, u64 bytes)
{
	struct structure s = begin(out, TYPE_MEMORY_ARRAY, 0);
	bool fits = bytes / KIB < 0x80000000;

	add(&s, 1, 3); /* on the system board */
	add(&s, 1, 3); /* system memory */
	add(&s, 1, 3); /* no error correction */
	add(&s, 4, fits ? bytes / KIB : 0x80000000);
	add(&s, 2, NO_ERROR_HANDLE);
	add(&s, 2, 1); /* devices */
	add(&s, 8, fits ? 0 : bytes);
	end(&s);
}

static void add_memory_device(struct blob *out, u64 bytes)
{
	struct structure s = begin(out, TYPE_MEMORY_DEVICE, 0);
	bool fits = bytes / MIB < 0x7fff;

	add(&s, 2, TYPE_MEMORY_ARRAY << 8);
	add(&s, 2, NO_ERROR_HANDLE);
	add(&s, 2, UNKNOWN_WIDTH);
	add(&s, 2, UNKNOWN_WIDTH);
	add(&s, 2, fits ? bytes / MIB : 0x7fff);
	add(&s, 1, 9); /* DIMM */
	add(&s, 1, 0); /* in no set of devices */
	add_string(&s, "DIMM 0");
	add_string(&s, NULL);
	add(&s, 1, 7); /* RAM */
	add(&s, 2, BIT(1));
	add(&s, 2, 0); /* speed unknown */
	add(&s, 4, 0); /* manufacturer, serial number, asset tag, part number */
	add(&s, 1, 0); /* rank unknown */
	add(&s, 4, fits ? 0 : bytes / MIB);
	add(&s, 2, 0);
	add(&s, 6, 0); /* voltages unknown */
	end(&s);
}

static void add_memory_map(struct blob *out, unsigned instance, u64 start, u64 size)
{
	struct structure s = begin(out, TYPE_MEMORY_MAP, instance);
	u64 last = start + size - 1;
	bool fits = last / KIB < 0xffffffff;

	add(&s, 4, fits ? start / KIB : 0xffffffff);
	add(&s, 4, fits ? last / KIB : 0xffffffff);
	add(&s, 2, TYPE_MEMORY_ARRAY << 8);
	add(&s, 1, 1); /* device row position */
	add(&s, 8, fits ? 0 : start);
	add(&s, 8, fits ? 0 : last);
	end(&s);
}

static void add_boot(struct blob *out)
{
	struct structure s = begin(out, TYPE_BOOT, 0);

	add(&s, 6, 0);
	add(&s, 1, 0); /* no errors detected */
	end(&s);
}

/* The end-of-table mark is a structure, too. */
static void add_end(struct blob *out)
{
	struct structure s = begin(out, TYPE_END, 0);

	end(&s);
}

void smbios_add_all(struct blob *out, const struct smbios_config *config)
{
	u64 memory = config->low_ram + config->high_ram;

	add_bios(out, config);
	add_system(out, config);
	add_chassis(out, config);
	for (unsigned i = 0; i < config->sockets; i++)
		add_processor(out, config, i);
	add_memory_array(out, memory);
	add_memory_device(out, memory);
	add_memory_map(out, 0, 0, config->low_ram);
	if (config->high_ram)
		add_memory_map(out, 1, 4 * GIB, config->high_ram);
	add_boot(out);
	add_end(out);
}
