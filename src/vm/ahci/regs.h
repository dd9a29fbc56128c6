/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers, structures in memory and frames (FIS) of Serial ATA AHCI 1.3.1, sections 3 and 4, and
 * those ATA commands (ACS-3) that the devices here support.
 */
#ifndef VM_AHCI_REGS_H
#define VM_AHCI_REGS_H

#include "base/types.h"

#define AHCI_BAR_SIZE 0x1000

/* The controller's registers, 3.1. */
#define AHCI_CAP       0x00
#define AHCI_GHC       0x04
#define AHCI_IS        0x08
#define AHCI_PI        0x0c
#define AHCI_VS        0x10
#define AHCI_PORT      0x100
#define AHCI_PORT_SIZE 0x80

#define AHCI_CAP_NCS_SHIFT 8
#define AHCI_CAP_SAM       BIT(18) /* AHCI only */
#define AHCI_CAP_ISS_GEN2  (2u << 20)
#define AHCI_CAP_SCLO      BIT(24)
#define AHCI_CAP_SNCQ      BIT(30)
#define AHCI_CAP_S64A      BIT(31)
#define AHCI_GHC_HR        BIT(0)
#define AHCI_GHC_IE        BIT(1)
#define AHCI_GHC_AE        BIT(31)
#define AHCI_VERSION       0x10000

/* A port's registers, 3.3. */
#define AHCI_PX_CLB  0x00
#define AHCI_PX_CLBU 0x04
#define AHCI_PX_FB   0x08
#define AHCI_PX_FBU  0x0c
#define AHCI_PX_IS   0x10
#define AHCI_PX_IE   0x14
#define AHCI_PX_CMD  0x18
#define AHCI_PX_TFD  0x20
#define AHCI_PX_SIG  0x24
#define AHCI_PX_SSTS 0x28
#define AHCI_PX_SCTL 0x2c
#define AHCI_PX_SERR 0x30
#define AHCI_PX_SACT 0x34
#define AHCI_PX_CI   0x38

#define AHCI_IS_DHRS BIT(0)  /* a D2H register frame */
#define AHCI_IS_PSS  BIT(1)  /* a PIO setup frame */
#define AHCI_IS_SDBS BIT(3)  /* a set device bits frame */
#define AHCI_IS_DPS  BIT(5)  /* a descriptor with the interrupt bit is done */
#define AHCI_IS_OFS  BIT(24) /* overflow: more data than descriptors */
#define AHCI_IS_HBFS BIT(29) /* an access to host memory failed */
#define AHCI_IS_TFES BIT(30) /* the device reported an error */
#define AHCI_IE_MASK 0xfdc000ffu

#define AHCI_CMD_ST       BIT(0)
#define AHCI_CMD_SUD      BIT(1)
#define AHCI_CMD_POD      BIT(2)
#define AHCI_CMD_CLO      BIT(3)
#define AHCI_CMD_FRE      BIT(4)
#define AHCI_CMD_CCS      0x1f00u
#define AHCI_CMD_FR       BIT(14)
#define AHCI_CMD_CR       BIT(15)
#define AHCI_CMD_ATAPI    BIT(24)
#define AHCI_CMD_WRITABLE (AHCI_CMD_ST | AHCI_CMD_FRE | AHCI_CMD_ATAPI | 0x0e000000u)

#define AHCI_SIG_DISK      0x00000101u
#define AHCI_SIG_ATAPI     0xeb140101u
#define AHCI_SSTS_UP       0x123u /* a device is present, generation 2, active */
#define AHCI_SCTL_DET      0x0fu
#define AHCI_SCTL_COMRESET 1u
#define AHCI_SCTL_WRITABLE 0xfffu

/* Structures in memory, 4.2. */
#define AHCI_HEADER_SIZE 32u
#define AHCI_HEADER_CFL  0x1fu /* in the first dword */
#define AHCI_HEADER_A    BIT(5)
#define AHCI_TABLE_CFIS  0x00
#define AHCI_TABLE_ACMD  0x40
#define AHCI_TABLE_PRDT  0x80
#define AHCI_PRD_SIZE    16u
#define AHCI_PRD_DBC     0x3fffffu
#define AHCI_PRD_I       BIT(31)
#define AHCI_RX_PIO      0x20
#define AHCI_RX_D2H      0x40
#define AHCI_RX_SDB      0x58
#define AHCI_RX_SIZE     0x100

/* Frames. */
#define FIS_H2D       0x27
#define FIS_D2H       0x34
#define FIS_PIO       0x5f
#define FIS_SDB       0xa1
#define FIS_COMMAND   BIT(7) /* in byte 1: a command; else the control register */
#define FIS_INTERRUPT BIT(6)
#define FIS_TO_HOST   BIT(5)
#define FIS_SRST      BIT(2) /* in the control register */

/* The status and error registers. */
#define ATA_BSY  0x80
#define ATA_DRDY 0x40
#define ATA_DF   0x20
#define ATA_DSC  0x10
#define ATA_DRQ  0x08
#define ATA_ERR  0x01
#define ATA_GOOD (ATA_DRDY | ATA_DSC)
#define ATA_UNC  0x40
#define ATA_IDNF 0x10
#define ATA_ABRT 0x04

#define ATA_DEVICE_LBA 0x40
#define ATA_NCQ_FUA    0x80 /* in the device register */

enum ata_command {
	ATA_NOP = 0x00,
	ATA_DATA_SET_MANAGEMENT = 0x06,
	ATA_DEVICE_RESET = 0x08,
	ATA_RECALIBRATE = 0x10,
	ATA_READ = 0x20,
	ATA_READ_EXT = 0x24,
	ATA_READ_DMA_EXT = 0x25,
	ATA_READ_NATIVE_MAX_EXT = 0x27,
	ATA_READ_MULTIPLE_EXT = 0x29,
	ATA_READ_LOG_EXT = 0x2f,
	ATA_WRITE = 0x30,
	ATA_WRITE_EXT = 0x34,
	ATA_WRITE_DMA_EXT = 0x35,
	ATA_WRITE_MULTIPLE_EXT = 0x39,
	ATA_WRITE_DMA_FUA_EXT = 0x3d,
	ATA_VERIFY = 0x40,
	ATA_VERIFY_EXT = 0x42,
	ATA_READ_LOG_DMA_EXT = 0x47,
	ATA_READ_QUEUED = 0x60,
	ATA_WRITE_QUEUED = 0x61,
	ATA_DIAGNOSTIC = 0x90,
	ATA_INIT_PARAMETERS = 0x91,
	ATA_PACKET = 0xa0,
	ATA_IDENTIFY_PACKET = 0xa1,
	ATA_READ_MULTIPLE = 0xc4,
	ATA_WRITE_MULTIPLE = 0xc5,
	ATA_SET_MULTIPLE = 0xc6,
	ATA_READ_DMA = 0xc8,
	ATA_WRITE_DMA = 0xca,
	ATA_WRITE_MULTIPLE_FUA_EXT = 0xce,
	ATA_STANDBY_NOW = 0xe0,
	ATA_IDLE_NOW = 0xe1,
	ATA_STANDBY = 0xe2,
	ATA_IDLE = 0xe3,
	ATA_CHECK_POWER = 0xe5,
	ATA_SLEEP = 0xe6,
	ATA_FLUSH = 0xe7,
	ATA_FLUSH_EXT = 0xea,
	ATA_IDENTIFY = 0xec,
	ATA_SET_FEATURES = 0xef,
	ATA_READ_NATIVE_MAX = 0xf8,
};

#endif
