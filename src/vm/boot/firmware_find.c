// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/boot/file.h"
#include "vm/boot/firmware_internal.h"

#define PAGE 4096ull

/* For hosts without descriptors. The first firmware that exists is used. */
static const struct {
	enum firmware_kind kind;
	const char *code, *vars;
	bool secure_boot;
} known[] = {
	/* Debian, Ubuntu */
	{ FIRMWARE_UEFI, "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
	/* Debian 12 and before, Fedora */
	{ FIRMWARE_UEFI, "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
	{ FIRMWARE_UEFI, "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
	/* Arch */
	{ FIRMWARE_UEFI, "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
		"/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
	/* Debian, Ubuntu */
	{ FIRMWARE_UEFI, "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
		"/usr/share/OVMF/OVMF_VARS_4M.ms.fd", true },
	/* Fedora */
	{ FIRMWARE_UEFI, "/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd",
		"/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd", true },
	/* openSUSE */
	{ FIRMWARE_UEFI, "/usr/share/qemu/ovmf-x86_64-smm-ms-code.bin",
		"/usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin", true },
	{ FIRMWARE_UEFI, "/usr/share/qemu/ovmf-x86_64-4m-code.bin",
		"/usr/share/qemu/ovmf-x86_64-4m-vars.bin" },
	/* QEMU's own build */
	{ FIRMWARE_UEFI, "/usr/share/qemu/edk2-x86_64-code.fd",
		"/usr/share/qemu/edk2-i386-vars.fd" },
	{ FIRMWARE_BIOS, "/usr/share/seabios/bios-256k.bin", NULL },
	{ FIRMWARE_BIOS, "/usr/share/qemu/bios-256k.bin", NULL },
};

static const char *kind_name(enum firmware_kind kind)
{
	return kind == FIRMWARE_UEFI ? "UEFI" : "BIOS";
}

int firmware_part_read(const struct firmware_part *part, void *bytes, struct err *err)
{
	struct boot_file file;
	int ret = boot_file_open(&file, part->path, err);

	if (!ret)
		ret = boot_file_read(&file, part->offset, bytes, part->size, err);
	boot_file_close(&file);
	return ret;
}

void firmware_image_free(struct firmware_image *image)
{
	free(image->code.path);
	free(image->vars.path);
	*image = (struct firmware_image){ 0 };
}

int firmware_measure(const struct sysroot *host, const char *path, u64 *size)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	own_fd int fd = host ? sysroot_fd(host, path, flags) : open(path, flags);
	struct stat st;

	if (fd < 0)
		return host ? fd : -errno;
	if (fstat(fd, &st))
		return -errno;
	*size = st.st_size;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int firmware_part_set(struct firmware_part *part, const char *path, u64 offset, u64 size)
{
	*part = (struct firmware_part){ strdup(path), offset, size };
	return part->path ? 0 : -ENOMEM;
}

int firmware_image_check(const struct firmware_image *image)
{
	if (image->code.size > FIRMWARE_MAX_SIZE || image->vars.size > FIRMWARE_MAX_SIZE ||
		image->code.size + image->vars.size > FIRMWARE_MAX_SIZE)
		return -EFBIG;
	if (!image->code.size || (image->code.size | image->vars.size) % PAGE)
		return -EINVAL;
	return 0;
}

/* Makes an image from the given files. @vars may be NULL. */
static int make_image(const struct sysroot *host, enum firmware_kind kind, const char *code,
	const char *vars, struct firmware_image *image)
{
	u64 code_size, vars_size = 0;
	int ret = firmware_measure(host, code, &code_size);

	if (!ret && vars)
		ret = firmware_measure(host, vars, &vars_size);
	if (ret)
		return ret;
	image->kind = kind;
	ret = firmware_part_set(&image->code, code, 0, code_size);
	if (!ret && vars)
		ret = firmware_part_set(&image->vars, vars, 0, vars_size);
	if (!ret)
		ret = firmware_image_check(image);
	if (ret)
		firmware_image_free(image);
	return ret;
}

static bool suits(const struct firmware_wish *wish, const struct firmware_image *image)
{
	return !wish->vars_size || image->vars.size == wish->vars_size;
}

/* Why the firmware of a descriptor is not of the wished kind; NULL: it is. */
static const char *mismatch(
	const struct firmware_wish *wish, const struct firmware_descriptor *d, bool stateless)
{
	if (wish->kind == FIRMWARE_UEFI ? !d->uefi : !d->bios)
		return "it is of another kind";
	if (d->unfit)
		return d->unfit;
	if (!wish->secure_boot && d->requires_smm)
		return "it needs system management mode";
	if (!wish->secure_boot && d->secure_boot)
		return "it is built for Secure Boot";
	if (wish->secure_boot && !(d->secure_boot && d->requires_smm))
		return "it has no Secure Boot that system management mode protects";
	/* A machine that has variables has its own keys. */
	if (wish->secure_boot && !wish->vars_size && !d->enrolled_keys)
		return "its template has no keys for Secure Boot";
	return stateless != !d->vars ? "of its variables" : NULL;
}

/* Whether the files of descriptor @i make an image that fits @wish. */
static bool try_described(const struct firmware_list *list, unsigned i,
	const struct firmware_wish *wish, bool stateless, struct firmware_image *image)
{
	struct firmware_descriptor d;
	const char *why;
	int ret;

	if (!firmware_list_read(list, i, &d))
		return false;
	why = mismatch(wish, &d, stateless);
	if (!why) {
		ret = make_image(list->host, wish->kind, d.code, d.vars, image);
		if (ret)
			why = strerror(-ret);
		else if (!suits(wish, image))
			why = "its variables have another size";
	}
	if (why) {
		log_debug("firmware: not %s: %s", list->files[i].path, why);
		firmware_image_free(image);
	}
	firmware_descriptor_free(&d);
	return !why;
}

static bool find_described(const struct firmware_list *list, const struct firmware_wish *wish,
	bool stateless, struct firmware_image *image)
{
	for (unsigned i = 0; i < list->nr; i++)
		if (try_described(list, i, wish, stateless, image))
			return true;
	return false;
}

static bool find_known(
	const struct sysroot *host, const struct firmware_wish *wish, struct firmware_image *image)
{
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].kind != wish->kind || known[i].secure_boot != wish->secure_boot ||
			make_image(host, wish->kind, known[i].code, known[i].vars, image))
			continue;
		if (suits(wish, image))
			return true;
		firmware_image_free(image);
	}
	return false;
}

/*
 * Prefers UEFI firmware that keeps variables. Builds for confidential guests do not keep any, and
 * their descriptors may come first.
 */
static bool find(const struct firmware_list *list, const struct firmware_wish *wish,
	struct firmware_image *image)
{
	bool vars = wish->kind == FIRMWARE_UEFI;

	return (vars && find_described(list, wish, false, image)) ||
	       find_known(list->host, wish, image) ||
	       (!wish->secure_boot && find_described(list, wish, true, image));
}

static int not_found(const struct firmware_wish *wish, struct err *err)
{
	if (wish->vars_size) {
		err_set(err, ENOENT,
			"no UEFI firmware on this host has variables of %llu bytes, as the file of "
			"this machine's has",
			(unsigned long long)wish->vars_size);
		return err_help(err,
			"--firmware-code FILE   names the firmware that the variables belong to.\n"
			"Without the file of variables the machine gets new ones, of this host's "
			"firmware.");
	}
	if (wish->secure_boot) {
		err_set(err, ENOENT,
			"no UEFI firmware with Secure Boot, system management mode and keys on "
			"this host");
		return err_help(err,
			"Debian: apt install ovmf   Fedora: dnf install edk2-ovmf\n"
			"--firmware-code and --firmware-vars name files that are somewhere else; "
			"-v says what was not taken, and why.");
	}
	err_set(err, ENOENT, "no %s firmware for this machine on this host", kind_name(wish->kind));
	if (wish->kind == FIRMWARE_UEFI)
		return err_help(err,
			"Debian: apt install ovmf   Fedora: dnf install edk2-ovmf   Arch: pacman "
			"-S edk2-ovmf\n"
			"--firmware-code FILE   names one that is somewhere else; -v says what was "
			"not taken, and why.");
	return err_help(err, "Debian: apt install seabios   Fedora: dnf install seabios-bin\n"
			     "--firmware-code FILE   names one that is somewhere else.");
}

int firmware_find(const struct sysroot *host, const char *config_home,
	const struct firmware_wish *wish, struct firmware_image *image, struct err *err)
{
	struct firmware_list *list = firmware_list_open(host, config_home);
	int ret = 0;

	*image = (struct firmware_image){ 0 };
	if (!list)
		return err_sys(err, ENOMEM, "cannot look for firmware");
	if (wish->code)
		ret = firmware_named(list, wish, image, err);
	else if (!find(list, wish, image))
		ret = not_found(wish, err);
	firmware_list_close(list);
	return ret;
}
