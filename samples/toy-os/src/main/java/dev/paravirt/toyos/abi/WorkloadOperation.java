// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** What a block workload does; the ordinal crosses the boundary. */
public enum WorkloadOperation {
    RANDOM_READ("random-read", false, true),
    RANDOM_WRITE("random-write", true, true),
    SEQUENTIAL_READ("sequential-read", false, false),
    SEQUENTIAL_WRITE("sequential-write", true, false);

    private final String label;
    private final boolean writes;
    private final boolean random;

    WorkloadOperation(String label, boolean writes, boolean random) {
        this.label = label;
        this.writes = writes;
        this.random = random;
    }

    public String label() {
        return label;
    }

    public boolean writes() {
        return writes;
    }

    public boolean random() {
        return random;
    }
}
