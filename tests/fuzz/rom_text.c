// SPDX-License-Identifier: GPL-2.0-or-later
/* ROMs as text: any text is read within its bounds. */
#include "fuzz.h"

#include "pci/rom/kind.h"
#include "pci/rom/rom.h"
#include "pci/rom/text.h"

static void check_kind(const struct rom_kind *kind)
{
	CLAIM(!kind || (kind->code[0] && kind->what[0] && kind->advice[0]));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct rom_text text;

	check_kind(rom_kind_of(data, size));
	check_kind(rom_damage_of(data, size));
	if (rom_text_read(&text, data, size)) {
		CLAIM(!text.bytes);
		return 0;
	}
	CLAIM(text.size && text.size <= ROM_MAX_SIZE && text.form && rom_is_text(data, size));
	/* All of it is there to be read. */
	check_kind(rom_kind_of(text.bytes, text.size));
	free(text.bytes);
	return 0;
}
