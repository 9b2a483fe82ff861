// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Commands for two toy OSes on one network, and what the files that go from one to the other must hold. */
final class NetworkScript {
    static final String SERVED = "/served";
    static final String FETCHED = "/fetched";
    static final int PINGS = 5;

    /** How often the client runs iostat: before, between and after what it measures. */
    static final int COUNTED = 3;

    private static final String SERVER = "10.9.8.1";
    private static final String CLIENT = "10.9.8.2";
    private static final int PREFIX = 24;
    private static final String LARGEST = "largest.bin";
    private static final int STREAM_PORT = 5001;
    /** Around what one TCP segment holds, and what one frame of the largest kind does. */
    private static final int[] SIZES = {0, 1, 1459, 1460, 1461, 65_483, 300_007};

    private final SortedMap<String, FileDigest> files = new TreeMap<>();
    private final List<String> server = new ArrayList<>();
    private final List<String> client = new ArrayList<>();
    private long bytes;

    /** @param largest bytes of the largest file */
    NetworkScript(long seed, int largest) {
        SplittableRandom random = new SplittableRandom(seed);
        server.add("mkdir " + SERVED);
        client.add("mkdir " + FETCHED);
        for (int size : SIZES) {
            move(size + "-bytes.bin", size, random.nextLong(1 << 30));
        }
        move(LARGEST, largest, random.nextLong(1 << 30));
        // One more is fetched for its speed.
        server.add("httpd " + SERVED + " -q -n " + (files.size() + 1) + " &");
        server.add("netperf -s " + STREAM_PORT + " -n 1 &");
        server.add("wait");
        client.add("sha256 " + FETCHED);
        client.add("ping " + SERVER + " -c " + PINGS + " -i 10");
        client.add("iostat");
        client.add("netperf " + SERVER + " " + STREAM_PORT + " -t 1");
        client.add("iostat");
        client.add("httpget http://" + SERVER + "/" + LARGEST + " -q -o /dev/null");
        client.add("iostat");
    }

    private void move(String name, int size, long seed) {
        server.add("write " + SERVED + "/" + name + " " + size + " " + seed);
        // The server may need a while to come up.
        client.add("httpget http://" + SERVER + "/" + name + " -q -r 60 -o " + FETCHED + "/" + name);
        files.put(name, FileDigest.of(FileScript.pseudoRandom(size, seed)));
        bytes += size;
    }

    /** What must arrive, by name. */
    SortedMap<String, FileDigest> files() {
        return Collections.unmodifiableSortedMap(files);
    }

    String summary() {
        return files.size() + " files (" + Sizes.text(bytes) + ")";
    }

    List<String> serverArguments() {
        return arguments(SERVER, server);
    }

    List<String> clientArguments() {
        return arguments(CLIENT, client);
    }

    private static List<String> arguments(String address, List<String> commands) {
        List<String> arguments = new ArrayList<>(List.of("net=" + address + "/" + PREFIX));
        arguments.addAll(commands);
        return arguments;
    }

    /** How many commands the server reports the end of: {@code wait} is none. */
    int serverCommands() {
        return server.size() - 1;
    }

    int clientCommands() {
        return client.size();
    }
}
