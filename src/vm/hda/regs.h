/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of a controller: High Definition Audio Specification 1.0a, chapter 3. */
#ifndef VM_HDA_REGS_H
#define VM_HDA_REGS_H

#include "base/types.h"

enum {
	HDA_GCAP = 0x00,
	HDA_VMIN = 0x02,
	HDA_VMAJ = 0x03,
	HDA_OUTPAY = 0x04,
	HDA_INPAY = 0x06,
	HDA_GCTL = 0x08,
	HDA_WAKEEN = 0x0c,
	HDA_STATESTS = 0x0e,
	HDA_GSTS = 0x10,
	HDA_OUTSTRMPAY = 0x18,
	HDA_INSTRMPAY = 0x1a,
	HDA_INTCTL = 0x20,
	HDA_INTSTS = 0x24,
	HDA_WALCLK = 0x30,
	HDA_SSYNC_ICH = 0x34, /* where the chips of that time have it */
	HDA_SSYNC = 0x38,
	HDA_CORBLBASE = 0x40,
	HDA_CORBUBASE = 0x44,
	HDA_CORBWP = 0x48,
	HDA_CORBRP = 0x4a,
	HDA_CORBCTL = 0x4c,
	HDA_CORBSTS = 0x4d,
	HDA_CORBSIZE = 0x4e,
	HDA_RIRBLBASE = 0x50,
	HDA_RIRBUBASE = 0x54,
	HDA_RIRBWP = 0x58,
	HDA_RINTCNT = 0x5a,
	HDA_RIRBCTL = 0x5c,
	HDA_RIRBSTS = 0x5d,
	HDA_RIRBSIZE = 0x5e,
	HDA_ICOI = 0x60,
	HDA_ICII = 0x64,
	HDA_ICIS = 0x68,
	HDA_DPLBASE = 0x70,
	HDA_DPUBASE = 0x74,
	HDA_SD = 0x80, /* of the first stream */
	HDA_SD_SIZE = 0x20,
	HDA_ALIAS = 0x2000, /* WALCLK and LPIB are here, too */
	HDA_BAR_SIZE = 0x4000,
};

/* Of a stream's registers. */
enum {
	HDA_SD_CTL = 0x00, /* three bytes */
	HDA_SD_STS = 0x03,
	HDA_SD_LPIB = 0x04,
	HDA_SD_CBL = 0x08,
	HDA_SD_LVI = 0x0c,
	HDA_SD_FIFOS = 0x10,
	HDA_SD_FMT = 0x12,
	HDA_SD_BDPL = 0x18,
	HDA_SD_BDPU = 0x1c,
};

#define HDA_GCTL_CRST       0x01u /* 0: in reset */
#define HDA_GCTL_FCNTRL     0x02u
#define HDA_GCTL_UNSOL      0x100u
#define HDA_GSTS_FSTS       0x02u
#define HDA_INT_GLOBAL      0x80000000u
#define HDA_INT_CONTROLLER  0x40000000u
#define HDA_RP_RESET        0x8000u
#define HDA_CORBCTL_RUN     0x02u
#define HDA_CORBCTL_MEIE    0x01u
#define HDA_CORBSTS_MEI     0x01u
#define HDA_RIRBCTL_INT     0x01u
#define HDA_RIRBCTL_DMA     0x02u
#define HDA_RIRBSTS_INT     0x01u
#define HDA_RIRBSTS_OVERRUN 0x04u
#define HDA_ICIS_BUSY       0x01u
#define HDA_ICIS_VALID      0x02u
#define HDA_DPL_ENABLE      0x01u

#define HDA_SD_SRST    0x01u
#define HDA_SD_RUN     0x02u
#define HDA_SD_IOCE    0x04u
#define HDA_SD_FEIE    0x08u
#define HDA_SD_DEIE    0x10u
#define HDA_SD_BCIS    0x04u
#define HDA_SD_FIFOE   0x08u
#define HDA_SD_DESE    0x10u
#define HDA_SD_FIFORDY 0x20u

#define HDA_BDL_IOC 0x01u

/* 48 kHz, 16 bits, two channels, 3.7.1 */
#define HDA_FORMAT 0x0011u

#endif
