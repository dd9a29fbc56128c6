// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/join.h"
#include "pci/rom/pe.h"
#include "pci/rom/rom_internal.h"
#include "pci/rom/uefi_compress.h"

#define PCIR_AT   0x1c
#define DRIVER_AT (PCIR_AT + PCIR_REV3_SIZE)
#define MAX_SIZE  (0xffffull * ROM_BLOCK) /* the largest that the header's 16 bits can express */

static void put_header(u8 *bytes, u32 size, const struct pe *pe, bool compressed)
{
	put_le16(bytes, ROM_SIG_PCI);
	put_le16(bytes + ROM_HDR_INIT, size / ROM_BLOCK);
	put_le32(bytes + ROM_HDR_EFI_SIG, ROM_EFI_SIG);
	put_le16(bytes + ROM_HDR_SUBSYSTEM, pe->subsystem);
	put_le16(bytes + ROM_HDR_MACHINE, pe->machine);
	put_le16(bytes + ROM_HDR_COMPRESSION, compressed);
	put_le16(bytes + ROM_HDR_PE, DRIVER_AT);
	put_le16(bytes + ROM_HDR_PCIR, PCIR_AT);
}

static void put_pcir(u8 *pcir, u32 size, const struct rom_target *target)
{
	put_le32(pcir, ROM_SIG_PCIR);
	put_le16(pcir + PCIR_VENDOR, target->vendor);
	put_le16(pcir + PCIR_DEVICE, target->device);
	put_le16(pcir + PCIR_LENGTH, PCIR_REV3_SIZE);
	pcir[PCIR_REVISION] = 3;
	put_le(pcir + PCIR_CLASS, 3, target->class);
	put_le16(pcir + PCIR_IMAGE_LEN, size / ROM_BLOCK);
	pcir[PCIR_CODE_TYPE] = PCIR_CODE_EFI;
	pcir[PCIR_INDICATOR] = PCIR_LAST;
}

static int check_driver(const u8 *driver, size_t size, struct pe *pe, struct err *err)
{
	const char *wrong = pe_read(pe, driver, size);

	if (wrong)
		return err_set(err, EINVAL, "the driver %s", wrong);
	if (pe->subsystem != PE_EFI_BOOT_DRIVER && pe->subsystem != PE_EFI_RUNTIME_DRIVER)
		return err_set(err, EINVAL,
			"it is no EFI driver but %s (subsystem %u), which firmware does not start "
			"from an option ROM",
			rom_subsystem_name(pe->subsystem) ? "an EFI application"
							  : "a program of another system",
			pe->subsystem);
	return 0;
}

int rom_wrap(const u8 *driver, size_t size, const struct rom_target *target, bool compress,
	struct rom_made *made, struct err *err)
{
	own_free u8 *compressed = NULL, *bytes = NULL;
	u32 compressed_size, rom_size;
	struct pe pe;
	int ret;

	*made = (struct rom_made){ 0 };
	ret = check_driver(driver, size, &pe, err);
	if (ret)
		return ret;
	if (size > MAX_SIZE - DRIVER_AT)
		return err_set(
			err, EFBIG, "a driver of %zu bytes does not fit into an image", size);
	if (compress) {
		ret = uefi_compress(driver, size, &compressed, &compressed_size);
		if (ret && ret != -EFBIG)
			return err_sys(err, -ret, "cannot compress the driver");
	}
	if (compressed) {
		driver = compressed;
		size = compressed_size;
	}
	rom_size = round_up(DRIVER_AT + size, ROM_BLOCK);
	bytes = malloc(rom_size);
	if (!bytes)
		return err_sys(err, ENOMEM, "cannot make the ROM");
	memset(bytes, 0xff, rom_size);
	memset(bytes, 0, DRIVER_AT);
	put_header(bytes, rom_size, &pe, compressed != NULL);
	put_pcir(bytes + PCIR_AT, rom_size, target);
	memcpy(bytes + DRIVER_AT, driver, size);
	*made = (struct rom_made){ take_ptr(&bytes), rom_size };
	return 0;
}
