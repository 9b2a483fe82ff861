// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.block.SparseVolume;
import dev.paravirt.toyos.fat32.BlankVolume;
import dev.paravirt.toyos.programs.Programs;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole system but its drivers, with somebody at the terminal. */
@Timeout(30)
class ShellSessionTest {
    private final TestMachine machine = new TestMachine();
    private final SparseVolume volume = BlankVolume.create();
    private final ScriptedTerminal device = new ScriptedTerminal();
    private final Map<String, Program> programs = new HashMap<>(Programs.all());

    @BeforeEach
    void aProgramThatWaitsForEver() {
        // Time passes quickly here: sleep would not do.
        programs.put("linger", (memory, gate, words) -> {
            while (true) {
                gate.call(SystemCall.SLEEP.number(), 1_000_000_000, 0, 0, 0);
            }
        });
    }

    private int run(String... keys) throws IOException {
        return run(false, keys);
    }

    private int run(boolean plain, String... keys) throws IOException {
        Scheduler scheduler = new Scheduler(machine);
        Terminal terminal = new Terminal(device, scheduler, plain);
        device.type(keys);
        machine.idle = device::next;
        machine.devices = terminal::receive;
        Disks disks = new Disks(volume, new ScratchDisk(new SparseVolume(4096), () -> 0, () -> 0));
        int status =
                new Kernel(machine, scheduler, programs).run(new Devices(disks, terminal, List.of()), new String[0]);
        assertThat(device.isOver())
                .as("all was typed before the end of: %s", device.text())
                .isTrue();
        return status;
    }

    @Test
    void aPersonWorksWithFiles() throws IOException {
        int status = run(
                "mkdir -p docs/old && cd docs\n",
                "echo one two >a.txt; echo three >> a.txt\n",
                "cat a.txt | grep thr | wc\n",
                "cp a.txt old; mv old/a.txt \"old/my file\"; ls old\n",
                "cat < old/my\\ file\n",
                "pwd; cd ..; rm -r docs; ls docs\n",
                "exit 3\n");
        assertThat(status).isEqualTo(3);
        assertThat(device.text())
                .contains("/ $ mkdir -p docs/old && cd docs\n/docs $ ")
                .contains("        1        1        6\n")
                .contains("ls old\nmy file\n")
                .contains("my\\ file\none two\nthree\n/docs $ ")
                .contains("/docs\nls: no such file: docs\n/ $ exit 3\n");
    }

    @Test
    void aLineThatMakesNoSenseIsNotRunInPart() throws IOException {
        run("cat x; echo 'a\n", "^D");
        assertThat(device.text()).contains("sh: a ' is not closed\n").doesNotContain("no such file");
    }

    @Test
    void everyComplaintNamesWhatItIsAbout() throws IOException {
        run("cat x; nonsense; echo $?; cd /x; rm; kill 99; kill 0; cp a; mkdir /tmp; mkdir /tmp; cat < y\n", "^D");
        assertThat(device.text())
                .contains("cat: no such file: x\n")
                .contains("sh: no such command: nonsense; help lists all\n127\n")
                .contains("cd: no such file: /x\n")
                .contains("rm: usage: rm [-rf] PATH...\n")
                .contains("kill: no such process: 99\n")
                .contains("kill: the kernel stays: 0\n")
                .contains("cp: usage: cp FILE... TO\n")
                .contains("mkdir: exists already: /tmp\n")
                .contains("no such file: y\n");
    }

    @Test
    void aProgramReadsWhatIsTyped() throws IOException {
        run("cat > note\n", "hello wrold^H^H^H^Horld\n", "se^Ucond^[[D\n", "^D", "cat note\n", "^D");
        assertThat(device.text()).contains("cat note\nhello world\ncond\n");
    }

    @Test
    void controlCEndsWhatIsInTheForegroundAndNothingElse() throws IOException {
        int status = run(
                "linger &\n",
                "linger\n",
                "^C",
                "echo [$?]\n",
                "cat | cat\n",
                "^C",
                "echo [$?]; jobs\n",
                "kill 3\n",
                "\n",
                "^D");
        assertThat(device.text())
                .contains("linger\n^C\n/ $ echo [$?]\n[130]\n/ $ cat | cat\n^C\n/ $ echo [$?]; jobs\n[130]\n")
                .contains("[1] task 3: linger\n")
                .contains("[1] ended with status 143: linger\n");
        assertThat(status).isZero();
    }

    @Test
    void controlCReachesAProgramThatNeverWaits() throws IOException {
        programs.put("spin", (memory, gate, words) -> {
            device.next();
            while (true) {
                try {
                    gate.call(SystemCall.CLOCK.number(), 0, 0, 0, 0);
                } catch (RuntimeException notForUs) {
                    // Even one that catches what ends it must end: there are no more calls to make.
                    return 1;
                }
            }
        });
        run("spin && echo never\n", "^C", "echo [$?]\n", "^D");
        assertThat(device.text()).contains("spin && echo never\n^C\n/ $ echo [$?]\n");
    }

    @Test
    void jobsInTheBackground() throws IOException {
        run(
                "sleep 10 & sleep 20 &\n",
                "wait; echo waited\n",
                "linger &\n",
                "fg\n",
                "^C",
                "fg\n",
                "cat &\n",
                "echo a && false || echo b &\n",
                "echo\n",
                "^D");
        assertThat(device.text())
                .contains("waited\n")
                .contains("fg\nlinger\n^C\n")
                .contains("fg: no job in the background\n")
                .contains("done: echo a && false || echo b\n");
    }

    @Test
    void leavingWithJobsTakesASecondThought() throws IOException {
        assertThat(run("linger &\n", "^D", "^D")).isZero();
        assertThat(device.text()).contains("there are jobs in the background");
    }

    @Test
    void powerOffEndsEverything() throws IOException {
        assertThat(run("linger & cat | cat &\n", "sh -c 'poweroff 5; echo never'\n"))
                .isEqualTo(5);
        assertThat(device.text()).doesNotContain("\nnever");
    }

    @Test
    void aScriptIsReadFromAPipe() throws IOException {
        int status = run(true, "echo a > f; cat f\ncat > g\nthis is for cat\n^D");
        assertThat(status).isZero();
        assertThat(device.text()).as("no prompts, no echo").isEqualTo("a\n");
    }

    @Test
    void aStalledTerminalHoldsUpNobodyElse() throws IOException {
        programs.put("stall", (memory, gate, words) -> {
            device.stalled = true;
            return 0;
        });
        programs.put("go-on", (memory, gate, words) -> {
            device.stalled = false;
            return 0;
        });
        run("sh -c 'sleep 50; echo done > /mark; go-on' & stall; echo out\n", "cat /mark\n", "^D");
        assertThat(device.text()).contains("\nout\n").contains("cat /mark\ndone\n");
    }

    @Test
    void aTerminalThatIsGoneEndsTheShell() throws IOException {
        programs.put("break", (memory, gate, words) -> {
            device.alive = false;
            return 0;
        });
        assertThat(run("break\n")).isNotZero();
        assertThat(machine.lines()).anyMatch(line -> line.contains("the terminal does not work any more"));
    }

    @Test
    void anotherWidthIsNoticed() throws IOException {
        programs.put("narrow", (memory, gate, words) -> {
            device.columns = 20;
            return 0;
        });
        run("narrow; ls /dev\n", "^D");
        assertThat(device.text()).contains("null     zero\nscratch\n");
    }

    @Test
    void hostileKeysAreJustKeys() throws IOException {
        Random random = new Random(11);
        byte[] noise = new byte[20_000];
        random.nextBytes(noise);
        StringBuilder keys = new StringBuilder();
        for (byte value : noise) {
            // All bytes but those that start something, and those that end the shell.
            boolean starts = value == '\r' || value == '\n' || value == '^' || value == 4;
            keys.append(starts || value < 0 ? '\033' : (char) value);
        }
        run(keys.toString(), "^C", "^C", "echo fine\n", "^D");
        assertThat(device.text()).contains("\nfine\n");
    }

    @Test
    void aDeviceFileIsNoFileOfTheVolume() throws IOException {
        run(
                "dd if=/dev/zero of=/dev/scratch bs=1000 count=3\n",
                "echo -n hello > /dev/scratch; dd if=/dev/scratch bs=5 count=1; echo\n",
                "dd if=/dev/zero of=/dev/scratch bs=64k\n",
                "rm /dev/null; ls -l /dev; wc < /dev/scratch\n",
                "^D");
        assertThat(device.text())
                .contains("3 blocks, 2.9 KiB in ")
                .contains("\nhello")
                .contains("dd: no space left: /dev/scratch\n")
                .contains("rm: cannot be written: /dev/null\n")
                .contains("     2097152                    scratch\n")
                .contains("        0        0  2097152\n");
    }
}
