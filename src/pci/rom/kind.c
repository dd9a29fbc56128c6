// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/kind.h"

#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "pci/rom/pe.h"
#include "pci/rom/text.h"

#define UNPACK   "unpack it, and give the ROM that is in it"
#define UNPACK7Z "unpack it (7z x, as for archives), and give the ROM that is in it"
#define AGAIN    "download the file itself"
#define NOT_ROM  "give the file that was read from the card, or its vendor's"

struct magic {
	u32 at;
	u8 size;
	const char *bytes;
	struct rom_kind kind;
};

static const struct magic magics[] = {
	{ 0, 4, "PK\3\4", { "zip", "a zip archive", UNPACK } },
	{ 0, 4, "PK\5\6", { "zip", "an empty zip archive", AGAIN } },
	{ 0, 2, "\x1f\x8b", { "gzip", "gzip-compressed data", UNPACK } },
	{ 0, 6,
		"\xfd"
		"7zXZ\0",
		{ "xz", "xz-compressed data", UNPACK } },
	{ 0, 3, "BZh", { "bzip2", "bzip2-compressed data", UNPACK } },
	{ 0, 4, "\x5d\0\0\0", { "lzma", "LZMA-compressed data", UNPACK } },
	{ 0, 4, "\x5d\0\0\x80", { "lzma", "LZMA-compressed data", UNPACK } },
	{ 0, 4, "\x28\xb5\x2f\xfd", { "zstd", "zstd-compressed data", UNPACK } },
	{ 0, 4, "\x04\x22\x4d\x18", { "lz4", "lz4-compressed data", UNPACK } },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", { "7z", "a 7z archive", UNPACK } },
	{ 0, 6, "Rar!\x1a\x07", { "rar", "a rar archive", UNPACK } },
	{ 0, 4, "MSCF", { "cab", "a cabinet of Windows", UNPACK7Z } },
	{ 257, 5, "ustar", { "tar", "a tar archive", UNPACK } },
	{ 0, 8, "!<arch>\n", { "ar", "an ar archive or a package of Debian", UNPACK } },
	{ 0, 4, "\xed\xab\xee\xdb", { "rpm", "a package of an RPM distribution", UNPACK } },
	{ 0x8001, 5, "CD001", { "iso", "a CD image (ISO 9660)", UNPACK7Z } },
	{ 0, 8, "MSWIM\0\0\0", { "wim", "an image of Windows (WIM)", UNPACK7Z } },
	{ 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
		{ "ole", "an installer package of Windows (MSI) or an Office document",
			UNPACK7Z } },
	{ 0, 4,
		"\x7f"
		"ELF",
		{ "elf", "a program or object file (ELF)", NOT_ROM } },
	{ 0, 4, "\xcf\xfa\xed\xfe", { "mach-o", "a program of macOS", NOT_ROM } },
	{ 0, 4, "\xca\xfe\xba\xbe", { "java", "a class of Java or a program of macOS", NOT_ROM } },
	{ 0, 4, "\xfe\xed\xfa\xcf", { "mach-o", "a program of macOS", NOT_ROM } },
	{ 0, 4, "OggS", { "ogg", "a sound or video file (Ogg)", NOT_ROM } },
	{ 4, 4, "ftyp", { "mp4", "a video (MP4)", NOT_ROM } },
	{ 0, 3, "ID3", { "mp3", "a sound file (MP3)", NOT_ROM } },
	{ 0, 4, "RIFF", { "riff", "a sound, video or picture file (RIFF)", NOT_ROM } },
	{ 0, 4, "II*\0", { "tiff", "a picture (TIFF)", NOT_ROM } },
	{ 0, 4, "hsqs", { "squashfs", "a file system (SquashFS)", NOT_ROM } },
	{ 0, 4, "LUKS", { "luks", "an encrypted disk (LUKS)", NOT_ROM } },
	{ 0, 6, "SIMPLE", { "fits", "a picture (FITS)", NOT_ROM } },
	{ 0, 8, "\x89PNG\r\n\x1a\n", { "png", "a picture (PNG)", NOT_ROM } },
	{ 0, 3, "\xff\xd8\xff", { "jpeg", "a picture (JPEG)", NOT_ROM } },
	{ 0, 4, "GIF8", { "gif", "a picture (GIF)", NOT_ROM } },
	{ 8, 4, "WEBP", { "webp", "a picture (WebP)", NOT_ROM } },
	{ 0, 4, "\0\0\1\0", { "ico", "an icon of Windows", NOT_ROM } },
	{ 0, 4, "%PDF", { "pdf", "a PDF document", NOT_ROM } },
	{ 0, 4, "QFI\xfb", { "qcow2", "a disk image (qcow2)", NOT_ROM } },
	{ 0, 8, "vhdxfile", { "vhdx", "a disk image (VHDX)", NOT_ROM } },
	{ 0, 8, "conectix", { "vhd", "a disk image (VHD)", NOT_ROM } },
	{ 0, 4, "KDMV", { "vmdk", "a disk image (VMDK)", NOT_ROM } },
	{ 512, 8, "EFI PART", { "disk", "an image of a whole disk (GPT)", NOT_ROM } },
	{ 0, 16, "SQLite format 3", { "sqlite", "a database (SQLite)", NOT_ROM } },
	{ 0, 4, "\x4c\0\0\0",
		{ "lnk", "a shortcut of Windows", "give the file that it leads to" } },
	{ 0, 4, "\0\5\x16\7",
		{ "appledouble", "what macOS stores beside a file (AppleDouble, \"._NAME\")",
			"give the file itself, NAME without \"._\"" } },
	{ 0, 4, "\0\5\x16\0",
		{ "applesingle", "a file in a wrapper of macOS (AppleSingle)", UNPACK } },
	{ 0, 4, "\xd0\x0d\xfe\xed", { "device-tree", "a device tree", NOT_ROM } },
	{ 0, 16, "\xf0\x18\x87\x8c\xcb\x7d\x49\x43\x98\x00\xa0\x2f\x05\x9a\xca\x02",
		{ "pldm", "a firmware package (PLDM, .fwpkg)",
			"unpack it with the vendor's tool, and give the ROM that is in it" } },
	{ 0, 4, "$VBT", { "vbt", "a video BIOS table of Intel graphics, without code", NOT_ROM } },
	{ 0, 4, "SMBR", { "smbios", "a table of SMBIOS", NOT_ROM } },
	{ 0, 5, "_SM3_", { "smbios", "a table of SMBIOS", NOT_ROM } },
	{ 0, 4, "_SM_", { "smbios", "a table of SMBIOS", NOT_ROM } },
};

static const struct rom_kind programs[] = {
	{ "pe", "a program of Windows: an installer or a flashing tool",
		"unpack it (7z x, as for archives) and give the ROM that is in it, or read the "
		"card's" },
	{ "efi-driver", "an EFI driver without the headers of an option ROM",
		"make a ROM of it: tenon rom wrap FILE --for IDS -o OUT" },
	{ "efi-application", "an EFI application, which is no driver", NOT_ROM },
	{ "dos", "a program of DOS: often a flashing tool",
		"look for the ROM beside it, or read the card's" },
};

static const struct rom_kind texts[] = {
	{ "html", "a web page", "download the file itself: the server sent a page about it" },
	{ "xml", "an XML document", NOT_ROM },
	{ "json", "JSON text", NOT_ROM },
	{ "git-lfs", "a pointer of Git LFS, which stands for a file that is stored elsewhere",
		"fetch the file itself: git lfs pull" },
	{ "pem", "a certificate or key", NOT_ROM },
	{ "text", "text, of no form that ROMs are written in", NOT_ROM },
};

static const struct rom_kind disk = { "disk", "the first sector of a disk, or an image of one",
	NOT_ROM };
static const struct rom_kind bmp = { "bmp", "a picture (BMP)", NOT_ROM };
static const struct rom_kind acpi = { "acpi", "an ACPI table other than VFCT",
	"only the table VFCT has ROMs in it" };
static const struct rom_kind config = { "config-space", "a copy of a device's config space",
	"the ROM is another file of the same directory, rom; tenon rom dump reads it" };

static const struct rom_kind *program_kind(const u8 *bytes, size_t size)
{
	struct pe pe;
	const char *wrong = pe_read(&pe, bytes, size);

	/* The subsystem tells the kind even if the file is damaged. */
	switch (pe.subsystem) {
	case PE_EFI_BOOT_DRIVER:
	case PE_EFI_RUNTIME_DRIVER:
		return &programs[1];
	case PE_EFI_APPLICATION:
		return &programs[2];
	}
	return wrong && !pe.machine ? &programs[3] : &programs[0];
}

static bool begins_with(const u8 *bytes, size_t size, const char *word)
{
	size_t length = strlen(word);

	return size >= length && !strncasecmp((const char *)bytes, word, length);
}

static const struct rom_kind *text_kind(const u8 *bytes, size_t size)
{
	const u8 *at = bytes, *end = bytes + size;

	if (size >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	while (at < end && isspace(*at))
		at++;
	size = end - at;
	if (begins_with(at, size, "<!doctype html") || begins_with(at, size, "<html") ||
		begins_with(at, size, "<head") || begins_with(at, size, "<body"))
		return &texts[0];
	if (begins_with(at, size, "<?xml"))
		return &texts[1];
	if (begins_with(at, size, "version https://git-lfs"))
		return &texts[3];
	if (begins_with(at, size, "-----BEGIN"))
		return &texts[4];
	if (!rom_is_text(bytes, end - bytes))
		return NULL;
	if (begins_with(at, size, "{") || begins_with(at, size, "["))
		return &texts[2];
	return &texts[5];
}

static bool is_bmp(const u8 *bytes, size_t size)
{
	return size >= 26 && !memcmp(bytes, "BM", 2) && get_le32(bytes + 10) < size &&
	       get_le32(bytes + 14) >= 12 && get_le32(bytes + 14) <= 124;
}

/*
 * An ACPI table has a signature of four letters, the file's size as its length, and a checksum of
 * 0.
 */
static bool is_acpi(const u8 *bytes, size_t size)
{
	u8 sum = 0;

	if (size < 36 || get_le32(bytes + 4) > size || get_le32(bytes + 4) < 36)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (!isupper(bytes[i]) && !isdigit(bytes[i]))
			return false;
	for (u32 i = 0; i < get_le32(bytes + 4); i++)
		sum += bytes[i];
	return !sum;
}

/* sysfs returns 64, 256 or 4096 bytes; the header type is that of a device or of a bridge. */
static bool is_config_space(const u8 *bytes, size_t size)
{
	u16 vendor = size >= 64 ? get_le16(bytes) : 0;

	if (size != 64 && size != 256 && size != 4096)
		return false;
	return vendor && vendor != 0xffff && get_le16(bytes) != 0xaa55 &&
	       (bytes[0x0e] & 0x7f) <= 1 && bytes[0x0b] && bytes[0x0b] <= 0x12 &&
	       bytes[0x34] >= 0x40 && !(bytes[0x34] & 3);
}

const struct rom_kind *rom_kind_of(const u8 *bytes, size_t size)
{
	const struct rom_kind *kind;

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		const struct magic *magic = &magics[i];

		if (size >= magic->at + magic->size &&
			!memcmp(bytes + magic->at, magic->bytes, magic->size))
			return &magic->kind;
	}
	if (size >= 2 &&
		(get_le16(bytes) == PE_DOS_MAGIC ||
			(get_le16(bytes) == PE_TE_MAGIC && program_kind(bytes, size) != programs)))
		return program_kind(bytes, size);
	kind = text_kind(bytes, size);
	if (kind)
		return kind;
	if (is_bmp(bytes, size))
		return &bmp;
	if (is_acpi(bytes, size))
		return &acpi;
	if (is_config_space(bytes, size))
		return &config;
	/* A boot sector has its signature just before the place of an option ROM's second block. */
	if (size >= 512 && bytes[510] == 0x55 && bytes[511] == 0xaa)
		return &disk;
	return NULL;
}
