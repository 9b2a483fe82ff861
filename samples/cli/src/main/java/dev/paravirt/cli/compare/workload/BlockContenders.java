// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.guest.legacy.AtaDriver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Disk requests: an ATA disk in PIO mode against virtio block devices. */
final class BlockContenders implements ContenderFactory {
    /** The workload that the parts of the gain are shown with. */
    private static final String DIVIDED = "block-random-4k";

    private static final int DEPTH = VirtioDrivers.DEPTH;

    private final Map<Workload, BlockPattern> patterns = new LinkedHashMap<>();

    BlockContenders() {
        add("block-random-512", "random reads of 512 bytes", new BlockPattern(512, true, false));
        add(DIVIDED, "random reads of 4 KiB", new BlockPattern(4 << 10, true, false));
        add("block-random-64k", "random reads of 64 KiB", new BlockPattern(64 << 10, true, false));
        add("block-sequential-4k", "sequential reads of 4 KiB", new BlockPattern(4 << 10, false, false));
        add("block-sequential-64k", "sequential reads of 64 KiB", new BlockPattern(64 << 10, false, false));
        add("block-write-4k", "random writes of 4 KiB", new BlockPattern(4 << 10, true, true));
    }

    private void add(String name, String title, BlockPattern pattern) {
        String meaning = pattern.isWrite()
                ? "A request writes whole sectors to a disk in memory; the last ones are read back after each turn."
                : "A request reads whole sectors of a disk in memory; the number at the beginning of its first and of"
                        + " its last sector is checked.";
        Workload workload = new Workload(name, Family.BLOCK, title, meaning, "request", pattern.bytes(), true);
        patterns.put(workload, pattern);
    }

    @Override
    public List<Workload> workloads() {
        return List.copyOf(patterns.keySet());
    }

    @Override
    public List<Contender> contenders(Workload workload, Drivers drivers) {
        BlockPattern pattern = patterns.get(workload);
        if (pattern == null) {
            throw new IllegalArgumentException(workload.name());
        }
        List<Contender> contenders = new ArrayList<>();
        contenders.add(ata(workload, pattern, ContenderNames.TRAPPED_WORDS, drivers, drivers.trapped.diskByWords()));
        contenders.add(
                ata(workload, pattern, ContenderNames.TRAPPED_STRINGS, drivers, drivers.trapped.diskByStrings()));
        Builder mmio = new Builder(workload, pattern, drivers.mmio);
        Builder hypercall = new Builder(workload, pattern, drivers.hypercall);
        for (int depth : new int[] {1, DEPTH}) {
            contenders.add(mmio.make(ContenderNames.MMIO, depth, Waiting.INTERRUPTS, Showing.BATCHES));
            contenders.add(hypercall.make(ContenderNames.HYPERCALL, depth, Waiting.INTERRUPTS, Showing.BATCHES));
            contenders.add(hypercall.make(ContenderNames.HYPERCALL_POLLING, depth, Waiting.POLLING, Showing.BATCHES));
        }
        if (workload.name().equals(DIVIDED)) {
            contenders.add(hypercall.make(
                    ContenderNames.HYPERCALL_NOTIFIED, DEPTH, Waiting.INTERRUPTS, Showing.SINGLY_NOTIFIED));
            contenders.add(hypercall.make(ContenderNames.HYPERCALL_SINGLY, DEPTH, Waiting.INTERRUPTS, Showing.SINGLY));
        }
        return contenders;
    }

    private static Contender ata(
            Workload workload, BlockPattern pattern, String name, Drivers drivers, AtaDriver driver) {
        return new Contender(workload, name, 1, drivers.trapped.guest(), new AtaRequests(name, driver, pattern));
    }

    private record Builder(Workload workload, BlockPattern pattern, VirtioDrivers drivers) {
        Contender make(String name, int depth, Waiting waiting, Showing showing) {
            VirtioRequests requests = new VirtioRequests(
                    name,
                    drivers.guest().platform(),
                    drivers.block(),
                    pattern,
                    drivers.buffers(pattern.bytes(), depth),
                    waiting,
                    showing);
            return new Contender(workload, name, depth, drivers.guest(), requests);
        }
    }
}
