/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB disk: Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0, with the commands
 * of SCSI (SPC-4, SBC-3), for a raw file or a block device of the host.
 *
 * Data passes through a buffer of the disk's. So no request to the file holds guest memory, and a
 * guest may split a command's data into transfers as it likes, and give up any of them at any time.
 * A thread of the disk (vm/block/worker.h) has one request under way at a time.
 *
 * The lock of the controller guards the state. The caller owns the struct.
 */
#ifndef VM_USB_STORAGE_H
#define VM_USB_STORAGE_H

#include "vm/block/worker.h"
#include "vm/usb/standard.h"

#define USB_STORAGE_BUFFER (256 * KIB)
#define USB_STORAGE_SERIAL 20
#define USB_STORAGE_SENSE  3 /* key, code, qualifier */

struct nbd_export;

struct usb_storage_config {
	const char *path;
	struct nbd_export *nbd; /* serves the disk, and outlives it; NULL: it is the file @path */
	const char *serial;     /* may be NULL; at most USB_STORAGE_SERIAL bytes */
	bool read_only;
	bool direct;      /* past the host's page cache */
	bool no_thread;   /* for tests, see vm/block/worker.h */
	u64 *bounce_used; /* of the machine's budget (vm/block/request.h); NULL: its own */
};

enum usb_storage_stage {
	STORAGE_COMMAND, /* waits for a command block wrapper */
	STORAGE_IN,      /* the host reads data */
	STORAGE_OUT,
	STORAGE_STATUS, /* the host reads the command's status, once all work is done */
	STORAGE_BROKEN, /* the host has to reset the device: 6.6.1 */
};

/* What is between the buffer and the file. */
enum usb_storage_work {
	STORAGE_IDLE,
	STORAGE_WANTED, /* @block is ready for the disk's thread */
	STORAGE_RUNS,   /* the thread has it */
};

struct usb_storage {
	struct usb_device dev;
	struct usb_description what;
	const char *strings[4];
	char name[160];
	char serial[USB_STORAGE_SERIAL + 1];
	struct block_file file;
	struct block_worker worker;
	struct block_request block;
	struct iovec iov;
	u8 *buffer;
	pthread_cond_t idle; /* no request runs */

	enum usb_storage_stage stage;
	enum usb_storage_work work;
	bool drop; /* the request's result is for a command that was given up */
	bool cut;  /* atomic: it need not be finished */
	u32 tag;
	u32 host;        /* bytes that the host still expects to transfer */
	u32 residue;     /* of which the command has not used so many */
	u64 offset;      /* in the file, of the next piece */
	u64 left;        /* bytes of the file that the command has not moved yet */
	u32 piece;       /* bytes of the request */
	u32 first, fill; /* what is in the buffer */
	bool writes;
	bool failed;
	u8 sense[USB_STORAGE_SENSE];
};

/* Opens and locks the file, and starts the thread. */
int usb_storage_open(
	struct usb_storage *disk, const struct usb_storage_config *config, struct err *err);
/* It is plugged into nothing any more. Safe on a zeroed struct. */
void usb_storage_close(struct usb_storage *disk);

#endif
