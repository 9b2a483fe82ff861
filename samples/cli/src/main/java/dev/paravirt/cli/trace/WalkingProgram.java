// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.abi.SystemCallGate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A program of the toy OS's that reads a block of the scratch disk again and again, each time from the disk. */
final class WalkingProgram implements Program {
    static final String NAME = "walk";
    static final int BYTES = 4096;
    private static final String FILE = "/dev/scratch";
    private static final int PATH = 0;
    private static final int BUFFER = 4096;

    private final Recorder recorder;
    private final int count;
    private final List<List<Span>> walks = new ArrayList<>();

    /** @param count of reads, half of them before any counts: to warm up */
    WalkingProgram(Recorder recorder, int count) {
        this.recorder = recorder;
        this.count = count;
    }

    /** What happened at each read that counts. */
    List<List<Span>> walks() {
        return walks;
    }

    @Override
    public int run(byte[] memory, SystemCallGate gate, String[] arguments) {
        byte[] path = FILE.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(path, 0, memory, PATH, path.length);
        long file = gate.call(SystemCall.OPEN.ordinal(), PATH, path.length, 0, 0);
        for (int i = 0; i < count; i++) {
            gate.call(SystemCall.SEEK.ordinal(), file, (long) i * BYTES, 0, 0);
            recorder.start();
            long start = System.nanoTime();
            long read = gate.call(SystemCall.READ.ordinal(), file, BUFFER, BYTES, 0);
            recorder.ended(Level.PROGRAM, Span.Kind.SYSTEM_CALL, read, 0, start);
            List<Span> walk = recorder.stop();
            if (read != BYTES) {
                return 1;
            }
            if (i >= count / 2) {
                walks.add(walk);
            }
        }
        return 0;
    }
}
