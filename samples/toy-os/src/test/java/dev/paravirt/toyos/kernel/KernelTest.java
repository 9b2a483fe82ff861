// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.OpenFlags;
import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.block.SparseVolume;
import dev.paravirt.toyos.fat32.BlankVolume;
import dev.paravirt.toyos.programs.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KernelTest {
    private static final Set<SystemCall> ENDING = Set.of(SystemCall.EXIT, SystemCall.SLEEP, SystemCall.POWEROFF);

    private final TestMachine machine = new TestMachine();
    private final SparseVolume volume = BlankVolume.create();
    private final SparseVolume scratch = new SparseVolume(4096);

    @Test
    void aScriptRunsAndReports() throws IOException {
        int status = run(
                "mkdir /docs",
                "write \"/docs/A file.bin\" 70000 7",
                "cp \"/docs/A file.bin\" /copy.bin",
                "append /copy.bin 10 1",
                "truncate /copy.bin 70000",
                "mv /copy.bin /docs",
                "sha256 /",
                "ls -l /docs",
                "rm \"/docs/A file.bin\"",
                "df",
                "ps",
                "sync");
        List<String> lines = machine.lines();
        assertThat(status).as("%s", lines).isZero();
        assertThat(lines)
                .filteredOn(line -> line.contains("\"event\":\"command\""))
                .hasSize(12)
                .allMatch(line -> line.contains("\"status\":0"));
        String original = "{\"event\":\"file\",\"path\":\"/docs/A file.bin\",\"size\":70000,\"sha256\":\"";
        String moved = "{\"event\":\"file\",\"path\":\"/docs/copy.bin\",\"size\":70000,\"sha256\":\"";
        assertThat(checksum(original)).hasSize(64).isEqualTo(checksum(moved));
        assertThat(lines).anyMatch(line -> line.matches(" +70000  2026-05-04 [0-9:]{5}  copy.bin"));
        assertThat(lines).anyMatch(line -> line.endsWith("  kernel"));
    }

    private String checksum(String start) {
        return machine.lines().stream()
                .filter(line -> line.startsWith("@toyos " + start))
                .reduce((first, second) -> second)
                .map(line -> line.substring(start.length() + 7, line.length() - 2))
                .orElseThrow();
    }

    @Test
    void whatFailsIsSaidAndCounted() throws IOException {
        assertThat(run("cat /nothing", "nonsense", "ls /")).isOne();
        assertThat(machine.lines())
                .contains("cat: no such file: /nothing")
                .anyMatch(line -> line.contains("\"line\":\"cat /nothing\",\"status\":1"))
                .anyMatch(line -> line.contains("\"line\":\"nonsense\",\"status\":127"))
                .anyMatch(line -> line.contains("\"line\":\"ls /\",\"status\":0"));
    }

    @Test
    void tasksRunBesideEachOther() throws IOException {
        assertThat(run("write /a 50000 1 &", "write /b 50000 1 &", "sleep 5 &", "wait", "sha256 /a /b"))
                .isZero();
        assertThat(checksum("{\"event\":\"file\",\"path\":\"/a\",\"size\":50000,\"sha256\":\""))
                .isEqualTo(checksum("{\"event\":\"file\",\"path\":\"/b\",\"size\":50000,\"sha256\":\""));
    }

    @Test
    void workloadsAreMeasured() throws IOException {
        assertThat(run("blockbench all 1,8,32 4096 1000 200")).isZero();
        assertThat(machine.lines())
                .filteredOn(line -> line.contains("\"event\":\"workload\""))
                .hasSize(12)
                .allMatch(line -> line.contains("\"requests\":200,\"errors\":0"))
                .allMatch(line -> line.contains("\"doorbellsPerRequest\":0.000"));
        assertThat(scratch.log).filteredOn(entry -> entry.startsWith("write")).hasSize(1200);
    }

    @Test
    void failedRequestsAreCounted() throws IOException {
        scratch.badForReading.add(0L);
        assertThat(run("blockbench sequential-read 4 4096 1000 512")).isOne();
        assertThat(machine.lines()).anyMatch(line -> line.contains("\"requests\":511,\"errors\":1"));
    }

    @Test
    void theKernelTrustsNothingThatAProgramPasses() throws IOException {
        Map<String, Program> programs = new HashMap<>(Programs.all());
        programs.put("hostile", (memory, gate, words) -> {
            long top = memory.length;
            expect(Errno.NO_SUCH_CALL, gate.call(-1, 0, 0, 0, 0));
            expect(Errno.NO_SUCH_CALL, gate.call(9999, 0, 0, 0, 0));
            for (SystemCall call : SystemCall.values()) {
                if (!ENDING.contains(call)) {
                    for (long wild : new long[] {-1, top, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE}) {
                        gate.call(call.number(), wild, wild, wild, wild);
                        gate.call(call.number(), 0, wild, 0, wild);
                        gate.call(call.number(), wild, 0, wild, 0);
                    }
                }
            }
            expect(Errno.BAD_ADDRESS, gate.call(SystemCall.OPEN.number(), top - 1, 2, 0, 0));
            expect(Errno.BAD_ADDRESS, gate.call(SystemCall.WRITE.number(), 1, -1, 1, 0));
            expect(Errno.BAD_DESCRIPTOR, gate.call(SystemCall.CLOSE.number(), 63, 0, 0, 0));
            expect(Errno.NO_CHILD, gate.call(SystemCall.WAIT.number(), 0, 0, 0, 0));
            return 0;
        });
        programs.put("crash", (memory, gate, words) -> memory[-1]);
        programs.put("exit", (memory, gate, words) -> (int) gate.call(SystemCall.EXIT.number(), 42, 0, 0, 0));
        programs.put("leak", (memory, gate, words) -> {
            byte[] path = "/leaked".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(path, 0, memory, 0, path.length);
            long last = 0;
            while (last >= 0) {
                last = gate.call(SystemCall.OPEN.number(), 0, path.length, OpenFlags.CREATE, 0);
            }
            expect(Errno.TOO_MANY_FILES, last);
            return 0;
        });
        assertThat(run(programs, "hostile")).as("%s", machine.lines()).isZero();
        assertThat(run(programs, "leak", "rm /leaked"))
                .as("%s", machine.lines())
                .isZero();
        assertThat(run(programs, "crash", "exit")).isOne();
        assertThat(machine.lines())
                .anyMatch(line -> line.startsWith("kernel: crash crashed"))
                .anyMatch(line -> line.contains("\"line\":\"exit\",\"status\":42"));
    }

    private static void expect(Errno errno, long result) {
        assertThat(result).isEqualTo(errno.result());
    }

    @Test
    void diskFailuresReachTheProgramAndTheConsole() throws IOException {
        for (long sector = 100; sector < volume.sectorCount(); sector++) {
            volume.badForWriting.add(sector);
        }
        assertThatIOException()
                .as("what cannot be written at unmounting is not kept to itself")
                .isThrownBy(() -> run("write /f 20000 1", "sync", "ls /"));
        assertThat(machine.lines())
                .contains("sync: the device failed: sync")
                .anyMatch(line -> line.startsWith("kernel: SYNC failed: write-back failed"));
    }

    private int run(String... script) throws IOException {
        return run(Programs.all(), script);
    }

    private int run(Map<String, Program> programs, String... script) throws IOException {
        Kernel kernel = new Kernel(machine, new Scheduler(machine), programs);
        Disks disks = new Disks(volume, new ScratchDisk(scratch, () -> 0, () -> 0));
        return kernel.run(new Devices(disks, null, List.of()), script);
    }
}
