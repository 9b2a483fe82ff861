// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** What runs outside of the kernel. Programs know this package, and nothing of the kernel's. */
@FunctionalInterface
public interface Program {
    /**
     * Runs until it returns or calls EXIT.
     *
     * @param memory all the memory the program may share with the kernel
     * @param gate the way into the kernel
     * @param arguments the command line; the first one is the name of the program
     * @return the exit status, 0 for success
     */
    int run(byte[] memory, SystemCallGate gate, String[] arguments);
}
