// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** The one way from a program into the kernel: what the SYSCALL or SVC instruction is on a real processor. */
@FunctionalInterface
public interface SystemCallGate {
    long call(int number, long a0, long a1, long a2, long a3);
}
