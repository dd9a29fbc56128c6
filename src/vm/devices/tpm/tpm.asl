// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TPM of vm/tpm: its registers, and the methods by which an operating system asks for an
 * operation at the next start (TCG Physical Presence Interface 1.30, section 2) and for memory to
 * be cleared (TCG Platform Reset Attack Mitigation 1.10, section 6).
 *
 * Two properties of Windows' ACPI interpreter shape this: it does not read a field in SystemMemory
 * through DerefOf (Index ()), so that the table of operations is read through a region of its own;
 * and it wants packages that are returned to have a name.
 */
DefinitionBlock ("tpm.aml", "SSDT", 2, "OEMID ", "OEMTABLE", 1)
{
	Scope (\_SB)
	{
		Device (TPM)
		{
			Name (_HID, "MSFT0101")
			Name (_STR, Unicode ("TPM 2.0 Device"))
			Name (_UID, One)
			Name (_CRS, ResourceTemplate ()
			{
				Memory32Fixed (ReadWrite, 0xFED40000, 0x00001000)
			})

			Method (_STA, 0)
			{
				Return (0x0F)
			}

			// vm/tpm/ppi.h
			OperationRegion (PPIM, SystemMemory, 0xFED45100, 0x5B)
			Field (PPIM, AnyAcc, NoLock, Preserve)
			{
				PPIN, 8,
				PPIP, 32,
				PPRP, 32, // the firmware's result
				PPRQ, 32, // the request, and its parameter
				PPRM, 32,
				LPPR, 32, // the request that the result belongs to
			}
			Field (PPIM, ByteAcc, NoLock, Preserve)
			{
				Offset (0x5A),
				MOVV, 8,
			}

			Name (PAK2, Package (2) { Zero, Zero })
			Name (PAK3, Package (3) { Zero, Zero, Zero })

			// What firmware does with an operation: 0 nothing, 1 it alone may ask for it,
			// 2 blocked, 3 a person confirms it, 4 allowed.
			Method (ALLW, 1, Serialized)
			{
				If (Arg0 > 0xFF)
				{
					Return (Zero)
				}
				OperationRegion (PPIF, SystemMemory, (0xFED45000 + Arg0), One)
				Field (PPIF, ByteAcc, NoLock, Preserve)
				{
					FUNC, 8,
				}
				Return (FUNC & 0x07)
			}

			// A request and its parameter, with the results of function 7.
			Method (SUBM, 2, Serialized)
			{
				Local0 = ALLW (Arg0)
				If (Local0 == Zero)
				{
					Return (One)
				}
				If (Local0 == 2)
				{
					Return (3)
				}
				PPRQ = Arg0
				PPRM = Arg1
				Return (Zero)
			}

			Method (PPI, 3, Serialized)
			{
				// Which functions there are.
				If (Arg1 == Zero)
				{
					Return (Buffer () { 0xFF, 0x01 })
				}
				// The interface's version.
				If (Arg1 == One)
				{
					Return ("1.3")
				}
				// Submit an operation; 1: not supported, 2: failure.
				If (Arg1 == 2)
				{
					Local0 = SUBM (DerefOf (Arg2 [Zero]), Zero)
					If (Local0 == 3)
					{
						Return (2)
					}
					Return (Local0)
				}
				// The pending operation, in revision 2 with its parameter.
				If (Arg1 == 3)
				{
					If (Arg0 == One)
					{
						PAK2 [Zero] = Zero
						PAK2 [One] = PPRQ
						Return (PAK2)
					}
					PAK3 [Zero] = Zero
					PAK3 [One] = PPRQ
					PAK3 [2] = PPRM
					Return (PAK3)
				}
				// How to get to the firmware: by a reboot.
				If (Arg1 == 4)
				{
					Return (2)
				}
				// The last operation and its result.
				If (Arg1 == 5)
				{
					PAK3 [Zero] = Zero
					PAK3 [One] = LPPR
					PAK3 [2] = PPRP
					Return (PAK3)
				}
				// The user's language: not implemented.
				If (Arg1 == 6)
				{
					Return (3)
				}
				// Submit an operation, in revision 2 with its parameter.
				If (Arg1 == 7)
				{
					Local1 = Zero
					If ((Arg0 >= 2) && (SizeOf (Arg2) > One))
					{
						Local1 = DerefOf (Arg2 [One])
					}
					Return (SUBM (DerefOf (Arg2 [Zero]), Local1))
				}
				// Who confirms an operation.
				If (Arg1 == 8)
				{
					Return (ALLW (DerefOf (Arg2 [Zero])))
				}
				Return (Buffer () { 0x00 })
			}

			Method (_DSM, 4, Serialized)
			{
				If (Arg0 == ToUUID ("3dddfaa6-361b-4eb4-a424-8d10089d1653"))
				{
					Return (PPI (ToInteger (Arg1), ToInteger (Arg2), Arg3))
				}
				// Memory clear: the low byte is the request.
				If (Arg0 == ToUUID ("376054ed-cc13-4675-901c-4756d7f2d45d"))
				{
					If (Arg2 == Zero)
					{
						Return (Buffer () { 0x03 })
					}
					If (Arg2 == One)
					{
						MOVV = DerefOf (Arg3 [Zero])
						Return (Zero)
					}
				}
				Return (Buffer () { 0x00 })
			}
		}
	}
}
