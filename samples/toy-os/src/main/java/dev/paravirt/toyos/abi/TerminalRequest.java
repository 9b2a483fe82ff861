// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** What is asked of the terminal; the ordinal crosses the boundary. All but SIZE are for the program that runs the others. */
public enum TerminalRequest {
    /**
     * (fd) returns columns times 65536 plus rows, each 0 if it is not known. Fails with NOT_A_TERMINAL unless the descriptor
     * leads to a terminal at which somebody sits.
     */
    SIZE,
    /**
     * (0 or 1) input comes a line at a time, edited by the kernel, or as it is typed. In the latter case READ fails with
     * INTERRUPTED when the size has changed.
     */
    RAW,
    /**
     * (group) says whom Ctrl-C ends; with 0 it ends nobody, and is read like other input. Returns 1 if it was typed for the
     * group before, else 0.
     */
    FOREGROUND
}
