// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;

/** One request under way: its buffers, which lie anywhere in the slot's memory, and what is to come back. */
final class RequestSlot {
    private final DmaBuffer memory;
    private final int[] offsets;
    private final int[] lengths;
    int parts;
    int readableParts;
    int readable;
    int total;
    int token = -1;

    /** Checksum of the readable bytes. */
    long seed;

    RequestSlot(DmaBuffer memory, int maxParts) {
        this.memory = memory;
        offsets = new int[maxParts];
        lengths = new int[maxParts];
    }

    /** Cuts a new request out of the slot's memory: mostly short, sometimes as long as can be. */
    void shape(Dice dice) {
        parts = dice.once(2) ? 1 : dice.between(1, lengths.length);
        readableParts = dice.between(0, parts);
        int most = memory.size();
        int shortest = parts;
        int limit = dice.once(20) ? most : Math.min(most, shortest + (dice.once(3) ? 400 : 60));
        total = dice.between(shortest, limit);
        int at = dice.below(most - total + 1);
        boolean backwards = dice.once(2);
        int left = total;
        readable = 0;
        for (int part = 0; part < parts; part++) {
            int partsAfter = parts - part - 1;
            int length = partsAfter == 0 ? left : dice.between(1, Math.min(left - partsAfter, 1 + 2 * left / parts));
            left -= length;
            lengths[part] = length;
            offsets[part] = backwards ? at + left : at + total - left - length;
            readable += part < readableParts ? length : 0;
        }
    }

    long address(int part) {
        return memory.address() + offsets[part];
    }

    int length(int part) {
        return lengths[part];
    }

    void describe(BufferChain chain) {
        for (int part = 0; part < parts; part++) {
            if (part < readableParts) {
                chain.addReadable(address(part), lengths[part]);
            } else {
                chain.addWritable(address(part), lengths[part]);
            }
        }
    }

    /** Puts bytes into all parts: the readable ones first. */
    void store(byte[] bytes) {
        int at = 0;
        for (int part = 0; part < parts; part++) {
            memory.put(offsets[part], bytes, at, lengths[part]);
            at += lengths[part];
        }
    }

    /** Takes the bytes of the writable parts. */
    void load(byte[] bytes) {
        int at = 0;
        for (int part = readableParts; part < parts; part++) {
            memory.get(offsets[part], bytes, at, lengths[part]);
            at += lengths[part];
        }
    }
}
