// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Program;
import java.util.Map;
import java.util.TreeMap;

/** All programs that come with the system, by name. */
public final class Programs {
    private Programs() {}

    public static Map<String, Program> all() {
        Map<String, Program> programs = new TreeMap<>();
        programs.put("init", program(Init::run));
        programs.put("ls", program(FilePrograms::list));
        programs.put("cat", program(FilePrograms::concatenate));
        programs.put("write", program(FilePrograms::write));
        programs.put("append", program(FilePrograms::append));
        programs.put("truncate", program(FilePrograms::truncate));
        programs.put("cp", program(FilePrograms::copy));
        programs.put("sha256", program(FilePrograms::checksum));
        programs.put("mv", program(FilePrograms::move));
        programs.put("rm", program(FilePrograms::remove));
        programs.put("mkdir", program(FilePrograms::makeDirectory));
        programs.put("rmdir", program(FilePrograms::removeDirectory));
        programs.put("sync", program(SystemPrograms::sync));
        programs.put("df", program(SystemPrograms::freeSpace));
        programs.put("ps", program(SystemPrograms::tasks));
        programs.put("sleep", program(SystemPrograms::sleep));
        programs.put("ifconfig", program(NetworkPrograms::showInterface));
        programs.put("ping", program(NetworkPrograms::ping));
        programs.put("resolve", program(NetworkPrograms::resolve));
        programs.put("httpget", program(HttpGet::run));
        programs.put("httpd", program(HttpServer::run));
        programs.put("blockbench", program(BlockBench::run));
        return programs;
    }

    /** A program as it is written: a failed system call ends it, with a message. */
    interface Body {
        int run(UserSpace user, Arguments arguments) throws UserException;
    }

    private static Program program(Body body) {
        return (memory, gate, words) -> {
            UserSpace user = new UserSpace(memory, gate);
            try {
                return body.run(user, new Arguments(words));
            } catch (UserException failed) {
                return complain(user, words[0], failed);
            }
        };
    }

    private static int complain(UserSpace user, String name, UserException failed) {
        try {
            user.print(name + ": " + failed.getMessage());
        } catch (UserException mute) {
            // The console is gone too: the exit status is all that is left to say it with.
            return 2;
        }
        return 1;
    }
}
