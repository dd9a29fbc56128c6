// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tpm/ppi.h"

#include "base/bytes.h"

u64 ppi_read(const struct ppi *ppi, u32 offset, unsigned size)
{
	return get_le(ppi->memory + offset, size);
}

void ppi_write(struct ppi *ppi, u32 offset, unsigned size, u64 value)
{
	put_le(ppi->memory + offset, size, value);
}

bool ppi_take_memory_clear(struct ppi *ppi)
{
	u8 *movv = &ppi->memory[PPI_MEMORY_CLEAR];
	bool wanted = *movv & BIT(0);

	*movv &= (u8)~BIT(0);
	return wanted;
}
