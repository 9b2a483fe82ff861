// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

/** How the devices of a machine are reached; each machine has a disk, a network card and a console. */
public enum MachineKind {
    /** An ATA disk in PIO mode, an NE2000 and a 16550A: each access to a register is an exit. */
    TRAPPED,
    /** Virtio devices with rings in memory, behind virtio-mmio registers, each access to which is an exit. */
    MMIO,
    /** Virtio devices with rings in memory, behind hypercalls and doorbells. */
    HYPERCALL
}
