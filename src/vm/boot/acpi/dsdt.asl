// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is the same in every machine. Resource windows, interrupt wiring and processors come
 * from an SSDT that tenon writes for each machine (ssdt.c), with these names:
 *   \_SB.PCI0._CRS          windows of the host bridge
 *   \_SB.PCI0._PRT          the wiring, by PICM
 * It names nothing of that: SeaBIOS reads this table to see what the machine lacks, and stops
 * at an External. The OEM ids are written over when the machine starts.
 */
DefinitionBlock ("dsdt.aml", "DSDT", 2, "OEMID ", "OEMTABLE", 1)
{
	/*
	 * The sleep type that switches off is 0, as for the firmware. Machines that may sleep have
	 * _S3 and _S4 in their SSDT.
	 */
	Name (\_S5, Package () { 0, 0, 0, 0 })

	/* The interrupt model: 0 PICs, 1 IOAPIC. */
	Name (PICM, 0)
	Method (\_PIC, 1)
	{
		PICM = Arg0
	}

	Scope (\_SB)
	{
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_CID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_SEG, 0)
			Name (_BBN, 0)

			/*
			 * PCI Firmware Specification 3.3, section 4.5.1. The guest gets PME (bit 2),
			 * AER (3) and the PCI Express capability (4). Native and SHPC hot-plug stay
			 * with the platform: there is nothing to plug.
			 */
			Method (_OSC, 4)
			{
				CreateDWordField (Arg3, 0, STAT)
				If (Arg0 != ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766"))
				{
					STAT |= 4
					Return (Arg3)
				}
				If ((Arg1 != 1) || (Arg2 < 3))
				{
					STAT |= 8
					Return (Arg3)
				}
				CreateDWordField (Arg3, 8, CTRL)
				Local0 = CTRL & 0x1c
				If (CTRL != Local0)
				{
					STAT |= 0x10
				}
				CTRL = Local0
				Return (Arg3)
			}
		}
	}

	/* The LPC bridge: routing of PIRQ A to H to the PICs, and what hangs on the ISA bus. */
	Device (\_SB.PCI0.LPC)
	{
		Name (_ADR, 0x001f0000)
		OperationRegion (ROUT, PCI_Config, 0x60, 12)
		Field (ROUT, ByteAcc, NoLock, Preserve)
		{
			RTEA, 8,
			RTEB, 8,
			RTEC, 8,
			RTED, 8,
			Offset (8),
			RTEE, 8,
			RTEF, 8,
			RTEG, 8,
			RTEH, 8,
		}

		Device (RTC)
		{
			Name (_HID, EisaId ("PNP0B00"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x70, 0x70, 1, 2)
				IRQNoFlags () { 8 }
			})
		}

		Device (COM1)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x3f8, 0x3f8, 8, 8)
				IRQNoFlags () { 4 }
			})
		}

		/* Decoded by the chipset: port 92h, ELCR, the power management block, RCBA. */
		Device (SYSR)
		{
			Name (_HID, EisaId ("PNP0C02"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x92, 0x92, 1, 1)
				IO (Decode16, 0x4d0, 0x4d0, 1, 2)
				IO (Decode16, 0x600, 0x600, 1, 128)
				Memory32Fixed (ReadWrite, 0xfed1c000, 0x4000)
			})
		}
	}

	Scope (\_SB)
	{
		/*
		 * A routing register: bit 7 switches the link off, the low bits are the IRQ. In the
		 * resource buffers the interrupt lies behind tag, length, flags and count.
		 */
		Method (LSTA, 1, Serialized)
		{
			If (Arg0 & 0x80)
			{
				Return (9)
			}
			Return (11)
		}

		Name (LBUF, ResourceTemplate ()
		{
			Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 0 }
		})

		Method (LCRS, 1, Serialized)
		{
			CreateDWordField (LBUF, 5, IRQN)
			IRQN = 0
			If (!(Arg0 & 0x80))
			{
				IRQN = Arg0 & 15
			}
			Return (LBUF)
		}

		Name (LPRS, ResourceTemplate ()
		{
			Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 }
		})

		/* The IRQ of what _SRS is given. */
		Method (LSRS, 1, Serialized)
		{
			CreateDWordField (Arg0, 5, IRQN)
			Return (IRQN & 15)
		}

		Include ("links.asl")
	}
}
