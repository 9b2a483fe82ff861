// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All programs that come with the system. */
public final class Programs {
    private static final int NOBODY_READS = 141;

    private final List<Entry> entries = new ArrayList<>();

    private Programs() {
        files();
        network();
        system();
    }

    /**
     * A program.
     *
     * @param arguments how they are written
     * @param summary what it does, in a line; "" for those that people do not run
     */
    record Entry(String name, String arguments, String summary, Body body) {}

    /** A program as it is written: a failed system call ends it, with a message. */
    interface Body {
        int run(UserSpace user, Arguments arguments) throws UserException;
    }

    /** By name. */
    public static Map<String, Program> all() {
        Map<String, Program> programs = new TreeMap<>();
        entries().forEach(entry -> programs.put(entry.name(), program(entry)));
        return programs;
    }

    /** In the order in which help lists them. */
    static List<Entry> entries() {
        return new Programs().entries;
    }

    private void files() {
        add("ls", "[-l] [PATH...]", "lists directories; -l with sizes and dates", ListFiles::run);
        add("cat", "[FILE...]", "shows files, or what is typed up to Ctrl-D", FilePrograms::concatenate);
        add("cp", "FILE... TO", "copies files", FilePrograms::copy);
        add("mv", "FROM... TO", "renames files and directories, or moves them", FilePrograms::move);
        add("rm", "[-rf] PATH...", "deletes files; -r with all that is in a directory", FilePrograms::remove);
        add("mkdir", "[-p] PATH...", "makes directories", FilePrograms::makeDirectory);
        add("rmdir", "PATH...", "deletes empty directories", FilePrograms::removeDirectory);
        add("pwd", "", "says which directory this is", FilePrograms::directory);
        add("wc", "[FILE...]", "counts lines, words and bytes", TextPrograms::count);
        add("grep", "[-inv] TEXT [FILE...]", "shows lines that contain a text", TextPrograms::find);
        add("head", "[-n LINES] [FILE]", "shows the first lines", TextPrograms::head);
        add("sha256", "PATH...", "shows checksums, of all that is in directories too", FillPrograms::checksum);
        add("write", "FILE SIZE SEED", "writes a file of pseudo-random bytes", FillPrograms::write);
        add("append", "FILE SIZE SEED", "as write, behind what is there", FillPrograms::append);
        add("truncate", "FILE SIZE", "cuts a file off, or extends it", FillPrograms::truncate);
        add("dd", "[if=FILE] [of=FILE] [bs=SIZE] [count=N]", "copies blocks, and says how fast", CopyBlocks::run);
        add("df", "", "says how full the disk is", SystemPrograms::freeSpace);
        add("sync", "", "writes to the disk what is not there yet", SystemPrograms::sync);
    }

    private void network() {
        add(
                "ifconfig",
                "[-v]",
                "shows the network card and its addresses; -v what was counted",
                NetworkPrograms::showInterface);
        add("ping", "HOST [-c COUNT] [-s BYTES] [-i MS] [-W MS]", "asks a host for an echo", NetworkPrograms::ping);
        add("resolve", "NAME", "looks up the addresses of a host", NetworkPrograms::resolve);
        add(
                "httpget",
                "URL [-o FILE] [-L] [-q] [-r SECONDS] [-W SECONDS]",
                "fetches by HTTP; -L follows, -r retries, -W waits",
                HttpGet::run);
        add("httpd", "DIRECTORY [PORT] [-n REQUESTS] [-q]", "serves files by HTTP", HttpServer::run);
        add("netperf", "-s [PORT] | HOST [PORT] [-R] [-u] [-t SECONDS]", "measures TCP or UDP", NetPerf::run);
        add(
                "iperf3",
                "-c HOST [-p PORT] [-t SECONDS] [-R] [-u] [-b MBITS] [-r SECONDS]",
                "measures with iperf3 -s",
                Iperf::run);
    }

    private void system() {
        add("ps", "", "lists tasks, their states, and how long they ran", SystemPrograms::tasks);
        add("kill", "TASK...", "ends tasks, by the numbers that ps lists", SystemPrograms::kill);
        add("sleep", "MILLISECONDS", "waits", SystemPrograms::sleep);
        add("uptime", "", "says how long the system is up", SystemPrograms::uptime);
        add("date", "", "says what time it is (UTC)", SystemPrograms::date);
        add("iostat", "", "counts what each device and its driver did", SystemPrograms::devices);
        add("dmesg", "", "shows what the kernel had to say", SystemPrograms::log);
        add(
                "blockbench",
                "OPERATIONS DEPTHS BLOCK MS [N]",
                "measures /dev/scratch: blockbench all 1,32 4096 300",
                BlockBench::run);
        add("echo", "[-n] [TEXT...]", "prints its arguments", TextPrograms::echo);
        add("clear", "", "clears the screen (Ctrl-L does too)", TextPrograms::clear);
        add("sh", "[-c LINE | FILE]", "runs commands", Shell::run);
        add("true", "", "", (user, arguments) -> 0);
        add("false", "", "", (user, arguments) -> 1);
        add("help", "[COMMAND]", "shows this", Help::run);
        add("poweroff", "[STATUS]", "ends the machine (so does Ctrl-D)", SystemPrograms::powerOff);
        add("init", "[LINE...]", "", Init::run);
    }

    private void add(String name, String arguments, String summary, Body body) {
        entries.add(new Entry(name, arguments, summary, body));
    }

    private static Program program(Entry entry) {
        return (memory, gate, words) -> {
            UserSpace user = new UserSpace(memory, gate);
            try {
                return entry.body().run(user, new Arguments(words, entry.arguments()));
            } catch (UserException failed) {
                return complain(user, words[0], failed);
            }
        };
    }

    private static int complain(UserSpace user, String name, UserException failed) {
        if (failed.errno() == Errno.BROKEN_PIPE) {
            // As when head has seen enough: nothing went wrong.
            return NOBODY_READS;
        }
        try {
            user.complain(name + ": " + failed.getMessage());
        } catch (UserException mute) {
            // The console is gone too: the exit status is all that is left to say it with.
            return 2;
        }
        return 1;
    }
}
