/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the ROM reader; private to them. */
#ifndef PCI_ROM_ROM_INTERNAL_H
#define PCI_ROM_ROM_INTERNAL_H

#include "pci/rom/rom.h"

#define ROM_SIG_PCI  0xaa55u
#define ROM_SIG_NV   0x4e56u /* "VN" */
#define ROM_SIG_NV2  0xbb77u
#define ROM_EFI_SIG  0x0ef1u
#define ROM_SIG_PCIR 0x52494350u
#define ROM_SIG_NPDS 0x5344504eu
#define ROM_SIG_RGIS 0x53494752u
#define ROM_SIG_NPDE 0x4544504eu
#define ROM_SIG_PNP  0x506e5024u

/* Offsets in an image's header. */
#define ROM_HDR_SIZE        0x1a
#define ROM_HDR_INIT        2 /* u8 of a BIOS image, u16 of an EFI image, in blocks */
#define ROM_HDR_ENTRY       3
#define ROM_HDR_EFI_SIG     4
#define ROM_HDR_SUBSYSTEM   8
#define ROM_HDR_MACHINE     0x0a
#define ROM_HDR_COMPRESSION 0x0c
#define ROM_HDR_PE          0x16
#define ROM_HDR_PCIR        0x18
#define ROM_HDR_PNP         0x1a

/* Offsets in the PCI data structure. */
#define PCIR_VENDOR      4
#define PCIR_DEVICE      6
#define PCIR_DEVICE_LIST 8
#define PCIR_LENGTH      0x0a
#define PCIR_REVISION    0x0c
#define PCIR_CLASS       0x0d
#define PCIR_IMAGE_LEN   0x10
#define PCIR_CODE_REV    0x12
#define PCIR_CODE_TYPE   0x14
#define PCIR_INDICATOR   0x15
#define PCIR_RUNTIME_LEN 0x16
#define PCIR_CONFIG_UTIL 0x18
#define PCIR_CLP         0x1a
#define PCIR_MIN_SIZE    0x18
#define PCIR_REV3_SIZE   0x1c
#define PCIR_LAST        0x80

/* Code types: PCIR byte 14h. */
#define PCIR_CODE_BIOS  0x00
#define PCIR_CODE_OF    0x01
#define PCIR_CODE_HP    0x02
#define PCIR_CODE_EFI   0x03
#define PCIR_CODE_NBSI  0x70
#define PCIR_CODE_FWSEC 0xe0

/* The number at @offset, 0 if it does not lie fully within the file. */
u16 rom_u16(const struct rom *rom, u64 offset);
u32 rom_u32(const struct rom *rom, u64 offset);
bool rom_holds(const struct rom *rom, u64 offset, u64 size);
bool rom_filled(const struct rom *rom, u64 offset, u64 size, u8 value);
u8 rom_sum(const struct rom *rom, u64 offset, u64 size);

/* Reports why there is no image at @at. @n: the image after which it was expected, -1: none. */
void rom_report_no_image(struct rom *rom, int n, u32 at);

/* Whether an image starts at @offset: a signature that leads to a data structure. */
bool rom_image_at(const struct rom *rom, u32 offset);

/* Fills @image from the bytes at @offset, for which rom_image_at() is true. */
void rom_image_read(const struct rom *rom, u32 offset, struct rom_image *image);

/*
 * The same for a header without a PCI data structure. Returns false if it is not an ISA ROM either.
 */
bool rom_image_read_isa(const struct rom *rom, u32 offset, struct rom_image *image);

/* Reads the driver of an EFI image, whose header was read before. */
void rom_driver_read(const struct rom *rom, struct rom_image *image);

/* Sets @image->hole if the image's checksum is wrong or it has none. */
void rom_find_hole(const struct rom *rom, struct rom_image *image);

/*
 * The offset at which FFs begin that fill much of a BIOS image with a correct checksum; 0 if none
 * do.
 */
u32 rom_blank_end(const struct rom *rom, const struct rom_image *image);

/* Reports what is wrong with image @n on its own. */
void rom_image_check(struct rom *rom, int n);

/* Sets wrapper, nvgi_version and base. Returns false if there is no image at all. */
bool rom_unwrap(struct rom *rom);

/*
 * Scans for the next image that starts at @from or after it, in steps of @step; 0 if there is none.
 */
u32 rom_scan(const struct rom *rom, u32 from, u32 step);

#endif
