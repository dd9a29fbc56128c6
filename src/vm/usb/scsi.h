/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SCSI commands of a USB disk. Locked, as vm/usb/storage.h says. */
#ifndef VM_USB_SCSI_H
#define VM_USB_SCSI_H

#include "vm/usb/storage.h"

#define SCSI_BLOCK 512u
#define SCSI_CDB   16

#define SENSE_MEDIUM  0x03
#define SENSE_ILLEGAL 0x05
#define SENSE_PROTECT 0x07

#define ASC_WRITE_FAILED 0x0c
#define ASC_READ_FAILED  0x11
#define ASC_BAD_COMMAND  0x20
#define ASC_BAD_LBA      0x21
#define ASC_BAD_FIELD    0x24
#define ASC_PROTECTED    0x27

/*
 * Starts the command @cdb: puts its answer into the disk's buffer; or sets @left and @offset for
 * data of the file, with @writes; or leaves a request in @block that is to be done first; or fails
 * by scsi_fail().
 */
void scsi_start(struct usb_storage *disk, const u8 cdb[SCSI_CDB]);
void scsi_fail(struct usb_storage *disk, u8 key, u8 asc);

#endif
