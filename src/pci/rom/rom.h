/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI option ROMs: what the images in a ROM (or in a dump of the flash chip behind it) say.
 *
 * Pure: bytes in, facts out. The caller owns the bytes and the struct; the struct keeps a pointer
 * to the bytes, so they must outlive it. Nothing stays allocated. Any thread.
 *
 * Sources: PCI Firmware Specification 3.x chapter 5 (header, PCI data structure, "PCIR"), UEFI
 * Specification "PCI Option ROMs" (EFI header fields). NVIDIA's additions (the NVGI container, the
 * NPDE extension, images signed "VN" with "NPDS" data) are as its published driver reads them.
 */
#ifndef PCI_ROM_ROM_H
#define PCI_ROM_ROM_H

#include "base/types.h"

#define ROM_MAX_SIZE     (64 * MIB) /* no flash chip behind a ROM BAR is larger */
#define ROM_MAX_IMAGES   32
#define ROM_MAX_DEVICES  64
#define ROM_MAX_PROBLEMS 48
#define ROM_BLOCK        512 /* the unit of every length in a ROM, and the step of a scan */

/* What an image is for: PCIR byte 14h, coarsened. */
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
	ROM_WRAPPER_VFCT,     /* the ACPI table in which AMD's firmware hands ROMs over */
	ROM_WRAPPER_FIRMWARE, /* a mainboard's firmware: flash image, capsule or UEFI volumes */
	ROM_WRAPPER_TEXT,     /* none in the bytes, which somebody read from text */
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

/* The driver in an EFI image, behind its compression. */
struct rom_driver {
	bool read;       /* the image holds it in full and names a compression that is known */
	bool loads;      /* its PE or TE header is one that a loader takes */
	bool empty;      /* headers alone, without any code */
	u16 machine;     /* what its own header says */
	u16 subsystem;   /* likewise */
	u32 size;        /* bytes, decompressed; of an uncompressed one up to its last section */
	char wrong[160]; /* not @loads: why, in words that go on after "the driver " */
};

/* The header of an EFI image, offsets 4 to 17h. */
struct rom_efi {
	u16 subsystem;   /* 0Ah application, 0Bh boot service driver, 0Ch runtime driver */
	u16 machine;     /* enum rom_machine, or anything else */
	u16 compression; /* 0 none, 1 UEFI */
	u16 pe_offset;   /* of the driver, from the image's start */
	struct rom_driver driver;
};

/* NVIDIA's extension behind the PCI data structure; it overrides length and last. */
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
	 * Bytes: NPDE's, else PCIR's, else the header's; never beyond 32 MiB. PCIR's in a shadow.
	 */
	u32 length;
	bool truncated;   /* the file ends before the image does */
	bool by_scan;     /* not where the chain of lengths leads; found by scanning */
	bool behind_last; /* an image before it is marked as the last: firmware never comes here */
	bool shadow; /* a BIOS image that has run and cut itself short: PCIR gives less than NPDE */
	u32 hole; /* where from its end is all FF or all 00 as a failed read gives it, 0: no hole */
	/*
	 * The chain ends here: by NPDE's word, else PCIR's. By PCIR's too where NPDE promises
	 * images that are not in this file.
	 */
	bool last;
	u16 signature;   /* AA55h, or NVIDIA's 4E56h and BB77h */
	u32 init_length; /* bytes that the header's own size field gives, 0: none */
	u8 entry[3];     /* the code at offset 3 of a BIOS image */

	bool has_pcir; /* false: an ISA ROM. Then all from here to npde is zero */
	u32 pcir_offset;
	u32 pcir_length; /* PCIR's word on the image's length, in bytes */
	bool pcir_last;  /* PCIR's own bit */
	u16 pcir_size;   /* of the structure */
	u8 pcir_revision;
	u8 code_byte;
	enum rom_code code;
	u16 vendor;
	u16 device;
	u32 class;          /* 24 bits: base class, sub class, interface */
	u16 revision;       /* the vendor's, of the code */
	u32 runtime_length; /* revision 3: bytes after initialisation, 0: not said */
	u16 config_utility; /* revision 3: pointers from the image's start, 0: none */
	u16 clp_entry;
	u16 devices[ROM_MAX_DEVICES]; /* revision 3: further device ids that the code serves */
	unsigned nr_devices;
	struct rom_npde npde;

	bool has_sum; /* a BIOS image that the file holds in full */
	u8 sum;       /* of its bytes; 0 is right */
	bool has_efi; /* type 3 with the EFI signature */
	struct rom_efi efi;
};

enum rom_level {
	ROM_NOTE,    /* worth knowing, nothing is wrong */
	ROM_PROBLEM, /* some consumer will not take it, or data is missing */
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
	bool scanned;          /* lengths did not lead to all images */
	struct rom_image images[ROM_MAX_IMAGES];
	unsigned nr_images;
	struct rom_problem problems[ROM_MAX_PROBLEMS];
	unsigned nr_problems;
};

/*
 * Reads all of @bytes. Never fails: a file without any image gives nr_images 0 and a problem
 * that says what the bytes look like.
 */
void rom_parse(struct rom *rom, const void *bytes, size_t size);

/* As that, of a ROM that begins at @base, in a container that is known already. */
void rom_parse_at(
	struct rom *rom, const void *bytes, size_t size, u32 base, enum rom_wrapper wrapper);

/*
 * Adds what somebody knows of a ROM who has seen more of it than the bytes. @code lives as long as
 * @rom; @image is an index or -1. What there is no room for is dropped.
 */
void rom_report(struct rom *rom, enum rom_level level, const char *code, int image, u32 offset,
	const char *fmt, ...) PRINTF(6, 7);

/* Whether any problem is worse than a note. */
bool rom_has_problems(const struct rom *rom);

/* "bios", "efi", ...: the names of the JSON. */
const char *rom_code_name(enum rom_code code);
const char *rom_wrapper_name(enum rom_wrapper wrapper);

/* "x64", "aa64", ...; NULL for a machine that has no name here. */
const char *rom_machine_name(u16 machine);

/* "boot service driver", ...; NULL where UEFI gives the number no meaning. */
const char *rom_subsystem_name(u16 subsystem);

#endif
