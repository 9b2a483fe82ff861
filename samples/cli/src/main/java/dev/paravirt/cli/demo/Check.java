// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

/**
 * Something that must hold for the demo to succeed.
 *
 * @param what was checked
 * @param problem "" if it held
 */
record Check(String what, String problem) {
    static Check held(String what) {
        return new Check(what, "");
    }

    static Check that(String what, boolean holds, String otherwise) {
        return new Check(what, holds ? "" : otherwise);
    }

    boolean holds() {
        return problem.isEmpty();
    }
}
