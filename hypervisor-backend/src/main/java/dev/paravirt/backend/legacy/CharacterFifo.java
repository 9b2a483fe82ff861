// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Uart;

/** One of a UART's FIFOs: characters in order, each with its error bits of the line status register. */
final class CharacterFifo {
    private static final int CHARACTER = 0xff;
    private static final int ERROR_SHIFT = 8;

    private final int[] entries = new int[Uart.FIFO_SIZE];
    private int capacity = 1;
    private int first;
    private int count;
    private int withErrors;

    /** Empties it. 1 character, as in a 16450, or 16. */
    void setCapacity(int characters) {
        capacity = characters;
        clear();
    }

    void clear() {
        first = 0;
        count = 0;
        withErrors = 0;
    }

    int count() {
        return count;
    }

    int room() {
        return capacity - count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean hasErrors() {
        return withErrors > 0;
    }

    /** Only with room. */
    void add(int character, int errors) {
        entries[(first + count) % capacity] = character & CHARACTER | errors << ERROR_SHIFT;
        count++;
        withErrors += errors != 0 ? 1 : 0;
    }

    /** The error bits of the first character, 0 if there is none. */
    int firstErrors() {
        return isEmpty() ? 0 : entries[first] >> ERROR_SHIFT;
    }

    /** The first character's errors have been seen. */
    void clearFirstErrors() {
        if (firstErrors() != 0) {
            entries[first] &= CHARACTER;
            withErrors--;
        }
    }

    /** The first character, which stays; only if there is one. */
    int first() {
        return entries[first] & CHARACTER;
    }

    /** Takes the first character; only if there is one. */
    int take() {
        int character = first();
        clearFirstErrors();
        first = (first + 1) % capacity;
        count--;
        return character;
    }
}
