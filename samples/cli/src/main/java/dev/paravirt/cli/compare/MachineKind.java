// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

/** A machine that a hypervisor process serves. */
enum MachineKind {
    /** An ATA disk in PIO mode. */
    TRAPPED,
    /** A virtio block device behind virtio-mmio registers, each access to which is an exit. */
    MMIO,
    /** Two virtio block devices behind hypercalls. */
    HYPERCALL
}
