/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads PCI option ROMs: the images in a ROM, or in a dump of the flash chip that holds it.
 *
 * Pure: bytes in, facts out. The caller owns the bytes and the struct; the struct keeps a pointer
 * to the bytes, so they must outlive it. Nothing is allocated. Any thread.
 *
 * Sources: PCI Firmware Specification 3.x chapter 5 (header, PCI data structure, "PCIR"), UEFI
 * Specification "PCI Option ROMs" (EFI header fields). NVIDIA's additions (the NVGI container, the
 * NPDE extension, images signed "VN" with "NPDS" data) are as its published driver reads them.
 */
#ifndef PCI_ROM_ROM_H
#define PCI_ROM_ROM_H

#include "base/types.h"

#define ROM_MAX_SIZE     (64 * MIB) /* no flash chip that a ROM BAR shows is larger */
#define ROM_MAX_IMAGES   32
#define ROM_MAX_DEVICES  64
#define ROM_MAX_PROBLEMS 48
#define ROM_BLOCK        512 /* the unit of every length in a ROM, and the step of a scan */

/* What an image is for: the kinds of PCIR byte 14h. */
enum rom_code {
	ROM_CODE_BIOS,         /* 0: x86, legacy BIOS */
	ROM_CODE_OPENFIRMWARE, /* 1 */
	ROM_CODE_HP,           /* 2: HP PA-RISC */
	ROM_CODE_EFI,          /* 3 */
	ROM_CODE_NVIDIA,       /* E0h, 70h, or NVIDIA's own image signatures */
	ROM_CODE_UNKNOWN,
};

/* What lies before the first image. */
enum rom_wrapper {
	ROM_WRAPPER_NONE,
	ROM_WRAPPER_NVGI,     /* NVIDIA's init-from-ROM header */
	ROM_WRAPPER_VFCT,     /* the ACPI table in which AMD's firmware passes ROMs on */
	ROM_WRAPPER_FIRMWARE, /* a mainboard's firmware: flash image, capsule or UEFI volumes */
	ROM_WRAPPER_TEXT,     /* none; the bytes were read from text */
	ROM_WRAPPER_UNKNOWN,  /* bytes of another kind; the images were found by scanning */
};

enum rom_machine {
	ROM_MACHINE_IA32 = 0x014c,
	ROM_MACHINE_ARM = 0x01c2,
	ROM_MACHINE_IA64 = 0x0200,
	ROM_MACHINE_EBC = 0x0ebc,
	ROM_MACHINE_RISCV32 = 0x5032,
	ROM_MACHINE_RISCV64 = 0x5064,
	ROM_MACHINE_LOONGARCH64 = 0x6264,
	ROM_MACHINE_X64 = 0x8664,
	ROM_MACHINE_AA64 = 0xaa64,
};

#define ROM_MAX_DRIVER (16 * MIB) /* decompressed; real ones have a few hundred KiB */

/* The driver in an EFI image, decompressed. */
struct rom_driver {
	bool read;       /* the image holds it in full, and its compression type is known */
	bool loads;      /* a loader accepts its PE or TE header */
	bool empty;      /* it has headers only, no code */
	u16 machine;     /* what its own header says */
	u16 subsystem;   /* likewise */
	u32 size;        /* bytes, decompressed; if stored uncompressed, up to its last section */
	char wrong[160]; /* if not @loads: why, a phrase that follows "the driver " */
};

/* The header of an EFI image, offsets 4 to 17h. */
struct rom_efi {
	u16 subsystem;   /* 0Ah application, 0Bh boot service driver, 0Ch runtime driver */
	u16 machine;     /* enum rom_machine, or anything else */
	u16 compression; /* 0 none, 1 UEFI */
	u16 pe_offset;   /* of the driver, from the image's start */
	struct rom_driver driver;
};

/* NVIDIA's extension after the PCI data structure; it overrides length and last. */
struct rom_npde {
	bool present;
	u16 revision; /* 0100h or 0101h */
	u32 length;   /* bytes of this image */
	bool has_last;
	bool last;
};

struct rom_image {
	u32 offset; /* from the start of the file, as are all offsets below */
	/*
	 * Bytes: from NPDE, else from PCIR, else from the header; in a shadow always from PCIR. At
	 * most 32 MiB.
	 */
	u32 length;
	bool truncated;   /* the file ends before the image does */
	bool by_scan;     /* found by scanning, not by following the lengths */
	bool behind_last; /* an image before it is marked as the last: firmware never reaches it */
	bool shadow;      /* a BIOS image that shrank when it ran: PCIR gives less than NPDE */
	u32 hole;         /* the offset from which on a failed read left only FF or 00; 0: none */
	/*
	 * This is the last image: NPDE says so, or PCIR if there is no NPDE. PCIR counts too if the
	 * images that NPDE says follow are not in this file.
	 */
	bool last;
	u16 signature;   /* AA55h, or NVIDIA's 4E56h and BB77h */
	u32 init_length; /* bytes by the header's own size field, 0: none */
	u8 entry[3];     /* the code at offset 3 of a BIOS image */

	bool has_pcir; /* false: an ISA ROM, and all fields from here to npde are zero */
	u32 pcir_offset;
	u32 pcir_length; /* the image's length by PCIR, in bytes */
	bool pcir_last;  /* PCIR's own bit */
	u16 pcir_size;   /* of the structure */
	u8 pcir_revision;
	u8 code_byte;
	enum rom_code code;
	u16 vendor;
	u16 device;
	u32 class;          /* 24 bits: base class, sub class, interface */
	u16 revision;       /* the vendor's revision of the code */
	u32 runtime_length; /* revision 3: bytes after initialisation, 0: not said */
	u16 config_utility; /* revision 3: pointers from the image's start, 0: none */
	u16 clp_entry;
	u16 devices[ROM_MAX_DEVICES]; /* revision 3: further device ids that the code serves */
	unsigned nr_devices;
	struct rom_npde npde;

	bool has_sum; /* a BIOS image that the file holds in full */
	u8 sum;       /* the sum of its bytes; 0 is correct */
	bool has_efi; /* type 3 with the EFI signature */
	struct rom_efi efi;
};

enum rom_level {
	ROM_NOTE,    /* worth knowing, nothing is wrong */
	ROM_PROBLEM, /* some consumer rejects it, or data is missing */
};

struct rom_problem {
	enum rom_level level;
	const char *code; /* stable, a-z and dashes */
	int image;        /* index, -1: the file as a whole */
	u32 offset;
	char text[320]; /* one sentence, no full stop */
};

struct rom {
	const u8 *bytes;
	u32 size;
	enum rom_wrapper wrapper;
	unsigned nvgi_version; /* 1 to 3, 0: no NVGI header */
	u32 base;              /* where the first image is, or would be */
	u32 end;               /* where the last image ends, at most size */
	bool scanned;          /* following the lengths did not find all images */
	struct rom_image images[ROM_MAX_IMAGES];
	unsigned nr_images;
	struct rom_problem problems[ROM_MAX_PROBLEMS];
	unsigned nr_problems;
};

/*
 * Reads all of @bytes. Never fails: for a file without any image, nr_images is 0 and a problem says
 * what the bytes look like.
 */
void rom_parse(struct rom *rom, const void *bytes, size_t size);

/* The same for a ROM that begins at @base, in a container that is already known. */
void rom_parse_at(
	struct rom *rom, const void *bytes, size_t size, u32 base, enum rom_wrapper wrapper);

/*
 * Adds a remark from a caller that knows more of the ROM than its bytes tell. @code must live as
 * long as @rom; @image is an index or -1. The remark is dropped if there is no room.
 */
void rom_report(struct rom *rom, enum rom_level level, const char *code, int image, u32 offset,
	const char *fmt, ...) PRINTF(6, 7);

/* Whether any problem is worse than a note. */
bool rom_has_problems(const struct rom *rom);

/* "bios", "efi", ...: the names in JSON. */
const char *rom_code_name(enum rom_code code);
const char *rom_wrapper_name(enum rom_wrapper wrapper);

/* "x64", "aa64", ...; NULL for an unknown machine. */
const char *rom_machine_name(u16 machine);

/* "boot service driver", ...; NULL for a number that UEFI does not define. */
const char *rom_subsystem_name(u16 subsystem);

#endif
